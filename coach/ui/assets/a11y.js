// What Gradio leaves out: a full queue is said in the language of the browser, aloud as well, and nothing is lost.
(() => {
  const SAID = {
    zh: "现在使用的人太多，暂时忙不过来。写下的内容都还在，请过一会儿再试。",
    en: "The coach is busy: too many people at once. Nothing you wrote is lost; try again in a moment.",
  };
  const fetched = window.fetch;
  let timer = 0;

  function tell() {
    let box = document.getElementById("busy");
    if (!box) {
      box = document.createElement("div");
      box.id = "busy";
      box.setAttribute("role", "alert");
      document.body.append(box);
    }
    box.textContent = navigator.language.toLowerCase().startsWith("zh") ? SAID.zh : SAID.en;
    box.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { box.hidden = true; }, 12000);
  }

  window.fetch = async (...asked) => {
    const reply = await fetched(...asked);
    const address = String(asked[0] instanceof Request ? asked[0].url : asked[0]);
    if (reply.status === 503 && address.includes("/queue/join")) tell();
    return reply;
  };
})();
