"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const root = document.documentElement;
  const config = {
    displaylogo: false,
    // plotly.js 4 offers to send a chart to its makers' server; nothing leaves this page.
    showSendToCloud: false,
    plotlyServerURL: "",
    responsive: true,
    scrollZoom: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
  };

  // A colour is the name of a CSS variable; the reader's scheme decides what it is.
  const coloured = (value, style) => {
    if (typeof value === "string" && value.startsWith("--")) return style.getPropertyValue(value).trim();
    if (Array.isArray(value)) return value.map((inner) => coloured(inner, style));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner, style)]));
    }
    return value;
  };

  const dressed = (layout, width) => {
    const narrow = width < 560;
    const axis = { gridcolor: "--line", linecolor: "--line", zerolinecolor: "--muted", zerolinewidth: 1, automargin: true, nticks: narrow ? 5 : 10 };
    const base = {
      autosize: true,
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 11 : 12, color: "--ink" },
      margin: { l: 8, r: 8, t: 28, b: 8 },
      hoverlabel: { bgcolor: "--sheet", bordercolor: "--line", font: { color: "--ink" }, align: "left" },
      modebar: { bgcolor: "transparent", color: "--muted", activecolor: "--accent" },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
    };
    const axes = Object.fromEntries(
      Object.entries(layout)
        .filter(([key]) => /^[xy]axis/.test(key))
        .map(([key, own]) => [key, { ...axis, ...own }]),
    );
    return { ...base, ...layout, ...axes };
  };

  let logarithmic = false;
  const draw = (width) => {
    root.classList.toggle("paper", Boolean(width));
    const style = getComputedStyle(root);
    for (const place of document.querySelectorAll("[data-chart]")) {
      const chart = charts[place.dataset.chart];
      const layout = dressed(chart.layout, width ?? place.clientWidth);
      if (width) Object.assign(layout, { width, height: place.dataset.chart === "equity" ? 430 : 270, autosize: false });
      if (place.dataset.chart === "equity" && logarithmic) layout.yaxis.type = "log";
      Plotly.react(place, coloured(chart.data, style), coloured(layout, style), config);
    }
  };

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  // Paper is about 680 CSS pixels wide inside its margins, and never dark.
  addEventListener("beforeprint", () => draw(680));
  addEventListener("afterprint", () => draw());
  document.getElementById("log-scale")?.addEventListener("click", (event) => {
    logarithmic = !logarithmic;
    event.currentTarget.setAttribute("aria-pressed", String(logarithmic));
    draw();
  });
})();
