/* Recordings: their words go into the answer at the cursor; what the microphone does is said. */
(() => {
  const answer = () => document.querySelector("#answer textarea");
  const WARN_S = 240, LONGEST_S = 299;
  let touched = null, done = "";

  document.addEventListener("focusin", (event) => {
    if (event.target === answer()) touched = event.target;
  });

  /* A blank between words, none beside Chinese characters or before punctuation. */
  const gap = (left, right) =>
    left && right && !/\s$/.test(left) && !/^[\s.,;:!?)\]，。；：！？、）]/.test(right) &&
    !(/[\u3000-\u9fff\uff00-\uffef]$/.test(left) && /^[\u3000-\u9fff\uff00-\uffef]/.test(right)) ? " " : "";

  const put = (box, text, at) => {
    box.value = text;
    box.setSelectionRange(at, at);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };

  window.coachListen = (given) => {
    if (!given || given === done) return;
    const box = answer();
    if (!box) return;
    done = given;
    const { op, text } = JSON.parse(given);
    if (op === "set") {
      put(box, text, text.length);
      return;
    }
    const end = box.value.length;
    const from = touched === box ? Math.min(box.selectionStart, end) : end;
    const to = touched === box ? Math.max(Math.min(box.selectionEnd, end), from) : end;
    const head = box.value.slice(0, from), tail = box.value.slice(to);
    const before = head + gap(head, text) + text;
    touched = box;
    put(box, before + gap(before, tail) + tail, before.length);
  };

  const note = (name) => {
    for (const one of document.querySelectorAll("#listen-notes [data-note]")) {
      one.classList.toggle("shown", one.dataset.note === name);
    }
  };
  const tell = (on) => document.dispatchEvent(new CustomEvent("coach:recording", { detail: { on } }));

  if (window.MediaRecorder) {
    const start = MediaRecorder.prototype.start;
    MediaRecorder.prototype.start = function (...given) {
      const recorder = this;
      const timers = [
        setTimeout(() => note("long"), WARN_S * 1000),
        setTimeout(() => recorder.state !== "inactive" && recorder.stop(), LONGEST_S * 1000),
      ];
      recorder.addEventListener("stop", () => { timers.forEach(clearTimeout); note(""); tell(false); }, { once: true });
      note("listening");
      tell(true);
      return start.apply(recorder, given);
    };
  }

  /* Hands-free: the server hears that the turn is over, the page presses stop, once. */
  let pressed = null;
  setInterval(() => {
    const over = document.querySelector("#listen-free-status .over");
    const stop = document.querySelector("#listen-free-mic .stop-button");
    if (over && stop && stop !== pressed) {
      pressed = stop;
      stop.click();
    } else if (!over) {
      pressed = null;
    }
  }, 300);

  const devices = navigator.mediaDevices;
  if (devices && devices.getUserMedia) {
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      try {
        return await ask(wanted);
      } catch (error) {
        note({ NotAllowedError: "denied", NotFoundError: "missing" }[error.name] || "busy");
        throw error;
      }
    };
  } else {
    document.addEventListener("click", (event) => {
      if (event.target.closest && event.target.closest("#listen-mic, #listen-free")) note("insecure");
    }, true);
  }
})();
