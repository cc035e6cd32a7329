// Everything is unfolded on paper, and folded again afterwards.
(() => {
  const opened = [];
  addEventListener("click", (event) => { if (event.target.closest?.("#report-print")) window.print(); });
  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("#report-page details:not([open])")) { opened.push(fold); fold.open = true; }
  });
  addEventListener("afterprint", () => { for (const fold of opened.splice(0)) fold.open = false; });
})();
