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

  // How long something is over, which would be old news a moment after the server said it.
  function ago(time) {
    const [now, s, min, h, d] = document.querySelector('meta[name="jg-ago"]').content.split("|");
    const at = Date.parse(time);
    if (Number.isNaN(at)) return "-";
    const seconds = (Date.now() - at) / 1000;
    if (seconds < -60 || seconds > 30 * 86400) return time.slice(0, 10);
    if (seconds < 10) return now;
    const [unit, text] = seconds < 60 ? [1, s] : seconds < 3600 ? [60, min] : seconds < 86400 ? [3600, h] : [86400, d];
    const count = Math.floor(seconds / unit);
    return text.replace("#", unit === 1 ? count - (count % 10) : count);
  }

  function tellTimes() {
    for (const element of document.querySelectorAll("time[datetime]")) {
      const text = ago(element.getAttribute("datetime"));
      if (element.textContent !== text) element.textContent = text;
    }
  }

  let due = 0;
  const observer = new MutationObserver(() => {
    due ||= requestAnimationFrame(() => {
      due = 0;
      tellTimes();
    });
  });
  observer.observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["datetime"] });
  setInterval(tellTimes, 5000);

  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  document.addEventListener("visibilitychange", () => emitEvent("jg-visible", !document.hidden));
})();
