document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const box = document.querySelector("#answer textarea");
    const send = document.querySelector("#send");
    if (box && document.activeElement === box && send) { event.preventDefault(); send.click(); }
  }
});
