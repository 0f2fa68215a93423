// Light and dark, keyboard, and whether somebody can see the page. What the pages show comes from the server.
(() => {
  const YEAR_S = 365 * 86400;
  let began = 0; // when `g` was pressed

  function typing(event) {
    return event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, [contenteditable]");
  }

  function onKey(event) {
    if (typing(event)) return;
    if (event.key === "?") {
      document.getElementById("jg-help")?.showModal();
    } else if (event.key === "/") {
      const search = document.querySelector(".jg-search input");
      if (!search) return;
      search.focus();
    } else if (event.key === "g") {
      began = Date.now();
      return;
    } else if (Date.now() - began < 1500) {
      document.querySelector(`.jg-nav a[data-key="${CSS.escape(event.key)}"]`)?.click();
    } else {
      return;
    }
    began = 0;
    event.preventDefault();
  }

  function onClick(event) {
    if (event.target.closest("#jg-help-open")) document.getElementById("jg-help")?.showModal();
    if (event.target.closest("#jg-dark")) {
      Quasar.Dark.toggle();
      const look = Quasar.Dark.isActive ? "dark" : "light";
      document.cookie = `jumpguard-look=${look}; path=/; max-age=${YEAR_S}; samesite=lax`;
    }
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("visibilitychange", () => emitEvent("jg-visible", !document.hidden));
})();
