/* The preview of formulas, the formula field, the clock, how long work has taken, where the keyboard is, and words that
   were written while the network was cut. */
(() => {
  const FORMULA = /\$[^$]+\$|\\\(|\\\[/;
  const defused = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("![", "!\u200b[");
  const inFormulas = (text) => text.replaceAll("<", "\\lt ").replaceAll("![", "! [");
  const safe = (text) =>
    text
      .split(/(\$\$[\s\S]*?\$\$|\$[^$\n]+\$|\\\([\s\S]*?\\\)|\\\[[\s\S]*?\\\])/)
      .map((part, at) => (at % 2 ? inFormulas(part) : defused(part)))
      .join("");
  const answer = () => document.querySelector("#answer textarea");

  window.coachPreview = (text) => (text && FORMULA.test(text) ? safe(text) : "");
  window.coachFormula = (text) => (text && text.trim() ? `$$${inFormulas(text.replaceAll("$", ""))}$$` : "");
  window.coachInsert = (text, formula) => {
    const bare = (formula || "").replaceAll("$", "").trim();
    if (!bare) return [text, formula, ""];
    const before = text || "";
    const box = answer();
    const at = box && box.value === before ? box.selectionStart : before.length;
    const piece = `$${bare}$`;
    const gap = at > 0 && !/\s$/.test(before.slice(0, at)) ? " " : "";
    return [`${before.slice(0, at)}${gap}${piece} ${before.slice(at)}`, "", ""];
  };
  window.coachVoice = (on) => {
    if (window.coachSpeech.on !== on) window.coachSpeech.turnOn(on);
    return [];
  };
  window.coachFocus = () => {
    const lost = document.activeElement === document.body || document.activeElement === null;
    const box = answer();
    if (lost && box && box.offsetParent !== null && !matchMedia("(pointer: coarse)").matches) box.focus();
    return [];
  };

  /* When the network is back Gradio loads the page anew: what could not be saved meanwhile is put into the box again. */
  const KEPT = "interview-coach-unsaved";
  const asked = () => {
    const told = document.querySelectorAll("#chat .message");
    return told.length ? `${told.length} ${[...told].at(-1).textContent.trim()}` : "";
  };
  const fetched = window.fetch;
  let cut = false;
  window.fetch = async (...given) => {
    try {
      return await fetched(...given);
    } catch (error) {
      if (error.name !== "AbortError") cut = true;
      throw error;
    }
  };
  window.addEventListener("pagehide", () => {
    const box = answer();
    if (!cut || !box || !box.value) return;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ asked: asked(), text: box.value }));
    } catch { /* private window: what was saved before the cut stands */ }
  });
  const restore = () => {
    const box = answer();
    if (!box || !document.querySelector("#now .can-send")) return;
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(KEPT) || "null"); } catch { return; }
    if (!kept || kept.asked !== asked()) return;
    sessionStorage.removeItem(KEPT);
    if (box.value === kept.text) return;
    box.value = kept.text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const began = new WeakMap();
  setInterval(() => {
    restore();
    const box = answer();
    const busy = document.querySelector("#now .working") !== null;
    if (box && box.readOnly !== busy) box.readOnly = busy;
    for (const one of document.querySelectorAll("#clock .left[data-left]")) {
      if (!began.has(one)) began.set(one, Date.now());
      const seconds = Math.max(0, Number(one.dataset.left) - Math.floor((Date.now() - began.get(one)) / 1000));
      one.textContent = clock(seconds);
      one.classList.toggle("soon", seconds <= 60);
    }
    for (const one of document.querySelectorAll(".working")) {
      if (!began.has(one)) began.set(one, Date.now());
      const seconds = Math.floor((Date.now() - began.get(one)) / 1000);
      if (seconds >= 2) one.dataset.seconds = `${seconds} s`;
    }
  }, 500);

  /* A question that is longer than the chat begins at its first line, not at its last. */
  let waiting = 0;
  new MutationObserver((changes) => {
    if (waiting || !changes.some((one) => one.target.closest?.("#chat"))) return;
    waiting = setTimeout(() => {
      waiting = 0;
      const box = document.querySelector("#chat .bubble-wrap");
      const last = [...document.querySelectorAll("#chat .message-row")].at(-1);
      if (box && last && last.matches(".bot-row") && last.offsetHeight > box.clientHeight) {
        box.scrollTop += last.getBoundingClientRect().top - box.getBoundingClientRect().top - 8;
      }
    }, 250);
  }).observe(document, { childList: true, subtree: true });
})();
