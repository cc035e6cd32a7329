/* The preview of formulas, the formula field, the clock, how long work has taken, where the keyboard is, and what was
   written while the network was cut. */
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
  const focus = (tries) => {
    const here = document.activeElement;
    const lost = !here || here === document.body || here.offsetParent === null;
    const box = answer();
    if (!lost || matchMedia("(pointer: coarse)").matches) return;
    if (box && box.offsetParent !== null) box.focus();
    else if (tries) setTimeout(() => focus(tries - 1), 100);
  };
  window.coachFocus = () => {
    window.coachSent();
    focus(20);
    return [];
  };

  /* When the network is back Gradio loads the page anew: what could not be saved meanwhile is put in again. */
  const KEPT = "interview-coach-unsaved";
  const fetched = window.fetch;
  let cut = false;
  let code = "";
  window.fetch = async (...given) => {
    try {
      return await fetched(...given);
    } catch (error) {
      if (error.name !== "AbortError") {
        cut = true;
        window.coachSent();
      }
      throw error;
    }
  };
  window.coachCode = (text) => {
    code = text || "";
    return [];
  };
  window.addEventListener("pagehide", () => {
    const at = document.querySelector("#now i")?.dataset.at;
    if (!cut || !at) return;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ at, text: answer()?.value || "", code }));
    } catch { /* private window: what was saved before the cut stands */ }
  });
  window.coachKept = (now, text, shown) => {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
      sessionStorage.removeItem(KEPT);
    } catch { /* private window */ }
    if (!kept || !(now || "").includes(`data-at="${kept.at}"`)) return [text, shown];
    return [kept.text || text, kept.code || shown];
  };

  const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const began = new WeakMap();
  setInterval(() => {
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

  /* What was said last is in sight: its end, or its first line where it is longer than the chat. Gradio itself stays
     where it is once the chat was scrolled. */
  let waiting = 0;
  let seen = "";
  const follow = () => {
    waiting = 0;
    const box = document.querySelector("#chat .bubble-wrap");
    const shown = [...document.querySelectorAll("#chat .message-row")];
    const last = shown.at(-1);
    const now = last ? `${shown.length} ${last.textContent.length}` : "";
    if (!box || !last || now === seen) return;
    seen = now;
    const long = last.matches(".bot-row") && last.offsetHeight > box.clientHeight;
    box.scrollTop = long
      ? box.scrollTop + last.getBoundingClientRect().top - box.getBoundingClientRect().top - 8
      : box.scrollHeight;
  };
  /* What is typed while an answer is under way would be cleared with it: the box is locked from the click on. The
     moment the step is over, or the network or the server said no, every key counts; also when nothing is heard of it. */
  const UNHEARD_MS = 20000;
  let sending = false;
  let unheard = 0;
  const lock = () => {
    const box = answer();
    const working = document.querySelector("#now .working") !== null;
    if (working) sending = false;
    if (box && box.readOnly !== (working || sending)) box.readOnly = working || sending;
  };
  window.coachSending = (...given) => {
    sending = true;
    clearTimeout(unheard);
    unheard = setTimeout(window.coachSent, UNHEARD_MS);
    lock();
    return given;
  };
  window.coachSent = () => {
    sending = false;
    lock();
    return [];
  };
  new MutationObserver((changes) => {
    lock();
    if (waiting || !changes.some((one) => one.target.closest?.("#chat"))) return;
    waiting = setTimeout(follow, 250);
  }).observe(document, { childList: true, subtree: true });
})();
