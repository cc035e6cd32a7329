// Says what stands in #speech, sentence by sentence, each once. The page itself is the caption.
// Others may call coachSpeech.silence(), or send "coach:recording" ({on}); "coach:speaking" tells when it speaks.
(() => {
  const STORE = "interview-coach-voice";
  const PATIENCE_MS = 2500;
  const RECORDS = ".record-button, .record, [data-records], #listen-mic button, #record";
  const synth = window.speechSynthesis;
  const said = new Set();
  let queue = [], current = null, turn = "", quiet = "", last = [], seen = "", voiceName = "", mode = "", voicesSince = 0;
  let settings = { on: false, muted: false, speed: 1 };
  try { settings = { ...settings, ...JSON.parse(localStorage.getItem(STORE) || "{}") }; } catch { /* first visit */ }

  const $ = (selector) => document.querySelector(selector);
  const note = (name, text) => {
    const place = $("#speak-note"), words = name && $(`[data-speak-note="${name}"]`);
    const told = words ? words.textContent + (text ? ` (${text})` : "") : text || "";
    if (place && place.textContent !== told) place.textContent = told;
  };

  function speaking(now) {
    const stop = $("#speak-stop");
    if (stop) stop.disabled = !now;
    document.dispatchEvent(new CustomEvent("coach:speaking", { detail: now }));
  }

  function hush() {
    queue = [];
    const was = current;
    current = null;
    if (was) { was.stop(); speaking(false); }
  }

  function silence() { quiet = turn; hush(); }

  function voicesFor(lang) {
    const here = (synth ? synth.getVoices() : []).filter((one) => one.localService);
    const fit = here.filter((one) => one.lang.replace("_", "-").toLowerCase().startsWith(lang));
    return { any: here.length > 0, voice: fit.find((one) => one.name === voiceName) || fit.find((one) => one.default) || fit[0] };
  }

  function withVoice(item, done) {
    const parts = { over: false };
    parts.stop = () => { parts.over = true; clearInterval(parts.timer); if (synth) synth.cancel(); };
    const begin = () => {
      const { any, voice } = voicesFor(item.lang);
      if (!voice) {
        note(any ? `none-${item.lang}` : "none", $("#speech [data-why]")?.dataset.why);
        return done();
      }
      const words = new SpeechSynthesisUtterance(item.words);
      words.voice = voice; words.lang = voice.lang; words.rate = settings.speed;
      let still = 0;
      const end = () => { if (!parts.over) { clearInterval(parts.timer); done(); } };
      words.onend = end;
      words.onerror = (event) => {
        if (event.error === "not-allowed") { note("blocked"); if (!parts.over) hush(); return; }
        if (event.error !== "canceled" && event.error !== "interrupted") note("failed", event.error);
        end();
      };
      // Some engines lose the end of an utterance: two looks at an idle one stand for it.
      parts.timer = setInterval(() => {
        still = synth.speaking || synth.pending ? 0 : still + 1;
        if (still > 1) end();
      }, 1000);
      parts.kept = words; // Chromium drops the events of an utterance nobody holds
      synth.speak(words);
    };
    voicesSince = voicesSince || Date.now();
    const wait = () => {
      if (parts.over) return;
      if (!synth || synth.getVoices().length || Date.now() - voicesSince > PATIENCE_MS) begin();
      else setTimeout(wait, 100);
    };
    wait();
    return parts;
  }

  // Two players take turns: a phone lets only those make a sound that a press has started once.
  const SILENT = "data:audio/wav;base64,UklGRiYAAABXQVZFZm10IBAAAAABAAEAwF0AAIC7AAACABAAZGF0YQIAAAAAAA==";
  const players = [new Audio(), new Audio()];
  let nextPlayer = 0, unlocked = false;
  const unlock = () => {
    if (unlocked || !$("#speak-bar")) return;
    unlocked = true;
    for (const one of players) if (!one.src) { one.src = SILENT; one.play().catch(() => { unlocked = false; }); }
  };

  function sound(item) {
    if (!item.audio) {
      item.audio = players[nextPlayer++ % 2];
      item.audio.onended = item.audio.onerror = null;
      item.audio.preload = "auto";
      item.audio.src = item.src;
    }
    return item.audio;
  }

  function empty(audio) {
    audio.onended = audio.onerror = null;
    audio.pause();
    audio.removeAttribute("src");
    audio.load();
  }

  function withSound(item, done) {
    const parts = { over: false };
    const audio = sound(item);
    const end = () => { if (!parts.over) done(); };
    const blocked = (error) => {
      if (parts.over || !error || error.name === "AbortError") return;
      if (error.name === "NotAllowedError") { note("blocked"); hush(); }
    };
    const play = (again) => {
      audio.onended = end;
      audio.onerror = () => { if (!parts.over) (again ? again() : (note("failed"), end())); };
      audio.playbackRate = settings.speed;
      audio.play().catch(blocked);
      if (queue[0]) sound(queue[0]);
    };
    // A player that wants the length first (Safari) gets the whole file; a fault is told in the server's words.
    play(async () => {
      const reply = await fetch(item.src).catch(() => null);
      if (parts.over) return;
      if (!reply || !reply.ok) { note("failed", reply ? await reply.text() : ""); queue = []; return end(); }
      const data = new Uint8Array(await reply.arrayBuffer());
      if (parts.over) return;
      if (data.length > 44 && data[0] === 82) {
        const view = new DataView(data.buffer);
        view.setUint32(4, data.length - 8, true); view.setUint32(40, data.length - 44, true);
      }
      audio.src = URL.createObjectURL(new Blob([data], { type: reply.headers.get("content-type") }));
      play(null);
    });
    parts.stop = () => { parts.over = true; for (const one of players) if (one.getAttribute("src")) empty(one); };
    return parts;
  }

  function pump() {
    if (current || !queue.length) return;
    const item = queue.shift();
    const holder = { stop: () => {} };
    current = holder;
    speaking(true);
    const parts = (item.src ? withSound : withVoice)(item, () => {
      if (current !== holder) return;
      current = null;
      if (queue.length) pump(); else speaking(false);
    });
    holder.stop = parts.stop;
    if (current !== holder) parts.over = true;
  }

  function replay() {
    hush();
    quiet = "";
    note("");
    if (synth && mode === "browser") synth.resume();
    queue = last.map((item) => ({ ...item, audio: null }));
    pump();
  }

  function read() {
    const here = $("#speech [data-turn]");
    $("#speak-bar")?.classList.toggle("on", Boolean(here));
    paint();
    const now = here ? here.outerHTML : "";
    if (now === seen) return;
    seen = now;
    if (!here) { turn = ""; last = []; hush(); return; }
    mode = here.dataset.mode;
    voiceName = here.dataset.voice || "";
    if (here.dataset.turn !== turn) { turn = here.dataset.turn; hush(); note("", here.dataset.why); }
    const items = [...here.querySelectorAll("span")].map((one) => (
      { words: one.textContent, lang: one.lang, src: one.dataset.src, line: one.dataset.line }));
    if (items.length) last = items;
    const times = {};
    for (const item of items) {
      const same = `${item.line} ${item.words}`;
      times[same] = (times[same] || 0) + 1;
      const key = `${same} ${times[same]}`;
      if (said.has(key)) continue;
      said.add(key);
      if (here.dataset.fresh === "1" && settings.on && !settings.muted && quiet !== turn) queue.push(item);
    }
    pump();
  }

  function paint() {
    document.documentElement.classList.toggle("voice-on", settings.on);
    const mute = $("#speak-mute"), speed = $("#speak-speed"), toggle = $("#voice-toggle");
    if (toggle && toggle.getAttribute("aria-pressed") !== String(settings.on)) toggle.setAttribute("aria-pressed", settings.on);
    if (mute && mute.getAttribute("aria-pressed") !== String(settings.muted)) mute.setAttribute("aria-pressed", settings.muted);
    if (speed && speed !== document.activeElement && speed.value !== String(settings.speed)) speed.value = settings.speed;
  }

  function remember(changed) {
    settings = { ...settings, ...changed };
    try { localStorage.setItem(STORE, JSON.stringify(settings)); } catch { /* private window: for this visit only */ }
    paint();
  }

  function turnOn(on) { remember({ on: Boolean(on) }); if (!on) silence(); }

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target instanceof Element && event.target.closest(selector);
    if (at("#voice-toggle")) turnOn(!settings.on);
    else if (at("#speak-replay")) replay();
    else if (at("#speak-stop")) silence();
    else if (at("#speak-mute")) { remember({ muted: !settings.muted }); if (settings.muted) silence(); }
  });
  document.addEventListener("change", (event) => {
    if (event.target.id === "speak-speed") remember({ speed: Number(event.target.value) });
  });
  const recorder = (event) => { if (event.target instanceof Element && event.target.closest(RECORDS)) silence(); };
  for (const kind of ["pointerup", "keyup", "click"]) document.addEventListener(kind, unlock, true);
  document.addEventListener("pointerdown", recorder, true);
  document.addEventListener("click", recorder, true);
  document.addEventListener("coach:recording", (event) => { if (event.detail?.on !== false) silence(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && current) silence(); }, true);
  window.addEventListener("pagehide", hush);
  window.coachSpeech = { silence, replay, turnOn, get on() { return settings.on; }, get speaking() { return Boolean(current); } };

  let asked = false;
  const look = () => { if (!asked) { asked = true; setTimeout(() => { asked = false; read(); }, 30); } };
  const watch = () => {
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    look();
  };
  if (document.body) watch(); else document.addEventListener("DOMContentLoaded", watch);
})();
