// Brings the live panel up to date every few seconds. Without it, the page shows what was true when it was loaded.
"use strict";
(() => {
  const table = document.getElementById("live-table");
  if (!table) return;
  const SECONDS = 5;
  const rows = new Map([...table.querySelectorAll("[data-asset]")].map((row) => [row.dataset.asset, row]));
  const put = (element, text) => {
    if (element && element.textContent !== text) element.textContent = text;
  };

  function show(answer) {
    for (const row of answer.live.rows) {
      const place = rows.get(row.asset);
      if (!place) continue;
      for (const cell of place.querySelectorAll("[data-cell]")) put(cell, row[cell.dataset.cell]);
      const time = place.querySelector("time");
      time.dateTime = time.title = row.decided;
      place.classList.toggle("stale", row.stale);
      place.querySelector("[data-tone]").className = "badge " + row.tone;
    }
    // Said aloud only when its words change, so that nobody is interrupted every few seconds.
    put(document.getElementById("live-summary"), answer.live.summary);
    put(document.getElementById("live-checked"), answer.live.checked);
    const others = answer.live.rows.some((row) => !rows.has(row.asset)) || answer.live.rows.length !== rows.size;
    if (others || answer.state !== table.dataset.state) document.getElementById("news").hidden = false;
  }

  async function look() {
    if (!document.hidden) {
      try {
        const response = await fetch(table.dataset.source, { credentials: "same-origin", cache: "no-store" });
        if (response.status === 401) return location.reload();
        if (!response.ok) throw new Error(String(response.status));
        show(await response.json());
        table.classList.remove("offline");
      } catch {
        table.classList.add("offline");
        put(document.getElementById("live-checked"), "a while ago: the service does not answer");
      }
    }
    setTimeout(look, SECONDS * 1000);
  }
  setTimeout(look, SECONDS * 1000);
})();
