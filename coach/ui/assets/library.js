const libraryGo = (to) => { if (to) setTimeout(() => location.assign(to), 80); };
const libraryShow = (wish) => {
  const kind = (wish ?? "").split(":")[0];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const narrow = matchMedia("(max-width: 860px)").matches;
  const part = document.getElementById(kind === "card" ? "lib-one" : "lib-edit-head");
  if (part && (narrow || kind !== "card")) {
    setTimeout(() => part.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" }), 80);
  }
};
let libraryPicks = 0;
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a.lib-go") : null;
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const box = document.querySelector("#lib-pick textarea, #lib-pick input");
  const [kind, name] = [...new URL(link.href).searchParams][0] ?? [];
  if (!box || !name) return;
  event.preventDefault();
  event.stopPropagation();
  document.querySelectorAll("#lib-list a[aria-current]").forEach((one) => one.removeAttribute("aria-current"));
  if (kind === "card") {
    link.setAttribute("aria-current", "true");
    history.replaceState(history.state, "", link.href);
  }
  box.value = `${kind}:${name}#${++libraryPicks}`;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}, true);
/* What scrolls sideways can be reached by keyboard. */
const libraryReach = () => {
  document.querySelectorAll("#lib-one .katex-display").forEach((one) => {
    if (one.scrollWidth > one.clientWidth) one.setAttribute("tabindex", "0"); else one.removeAttribute("tabindex");
  });
  document.querySelector("#lib-yaml .cm-content:not([tabindex])")?.setAttribute("tabindex", "0");
};
let libraryLooks = 0;
new MutationObserver(() => {
  if (libraryLooks || !document.getElementById("lib-tabs")) return;
  libraryLooks = setTimeout(() => { libraryLooks = 0; libraryReach(); }, 300);
}).observe(document, { childList: true, subtree: true });
addEventListener("resize", () => { if (document.getElementById("lib-tabs")) libraryReach(); });
