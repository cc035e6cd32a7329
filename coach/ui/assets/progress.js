const progressGo = (to) => { if (to) setTimeout(() => location.assign(to), 60); };
const progressSave = (id) => setTimeout(() => {
  document.getElementById(id)?.click();
}, 60);
const progressShow = (id) => {
  if (!matchMedia("(max-width: 860px)").matches) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById(id)?.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "start" });
};
const progressFocus = (id) => setTimeout(() => {
  const found = document.getElementById(id);
  (found?.querySelector("textarea, input") ?? found)?.focus();
}, 120);
