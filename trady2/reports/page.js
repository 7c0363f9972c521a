"use strict";
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const root = document.documentElement;
  const places = [...document.querySelectorAll("[data-chart]")];
  const config = {
    displaylogo: false,
    // plotly.js 4 offers to send a chart to its makers' server; nothing leaves this page.
    showSendToCloud: false,
    plotlyServerURL: "",
    responsive: true,
    scrollZoom: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
  };
  const paper = { width: 680, low: 170, plain: 270, medium: 330, tall: 430 };

  // Times are kept as whole steps from the first one, in half the room.
  const counted = ({ start, step, steps }) => {
    const bytes = Uint8Array.from(atob(steps), (letter) => letter.charCodeAt(0));
    return Float64Array.from(new Uint32Array(bytes.buffer), (place) => start + step * place);
  };

  // A colour is the name of a CSS variable; the reader's scheme decides what it is.
  const resolved = (value, style) => {
    if (typeof value === "string" && value.startsWith("--")) return style.getPropertyValue(value).trim();
    if (Array.isArray(value)) return value.map((inner) => resolved(inner, style));
    if (value && typeof value === "object") {
      if ("steps" in value) return counted(value);
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner, style)]));
    }
    return value;
  };

  // Parts of history: each is shaded, and named where its name has room.
  const zoned = (layout, zones, width) => {
    if (!zones?.length) return layout;
    const [first, last] = layout.xaxis.range;
    const place = { yref: "paper", xref: "x" };
    const shapes = zones.map(({ zone, start, end }) => ({
      ...place, type: "rect", x0: start, x1: end, y0: 0, y1: 1, layer: "below", line: { width: 0 }, fillcolor: `--zone-${zone}`,
    }));
    const names = zones
      .filter(({ zone, start, end }) => ((end - start) / (last - first)) * width > 9 * zone.length + 8)
      .map(({ zone, start }) => ({
        ...place, x: start, y: 1, xanchor: "left", yanchor: "top", text: zone, showarrow: false, font: { color: "--muted", size: 11 },
      }));
    return { ...layout, shapes: [...(layout.shapes ?? []), ...shapes], annotations: [...(layout.annotations ?? []), ...names] };
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

  // Numbers are written into the cells of a grid only where they have room; else its scale says what colours mean.
  const roomy = (trace, width) => {
    if (trace.type !== "heatmap") return trace;
    const room = (width - 70) / (trace.z[0]?.length || 1) >= 46;
    return { ...trace, texttemplate: room ? trace.texttemplate : "", showscale: !(room && trace.texttemplate) };
  };

  if (charts.price) Object.assign(charts.price, charts.price.choices[0]);
  let logarithmic = charts.equity?.layout.yaxis.type === "log";
  const draw = (place, width) => {
    const key = place.dataset.chart;
    const style = getComputedStyle(root);
    const wide = width ?? place.clientWidth;
    const layout = dressed(zoned(charts[key].layout, charts[key].zones, wide), wide);
    if (width) {
      const size = Object.keys(paper).find((name) => place.classList.contains(name)) ?? "plain";
      Object.assign(layout, { width, height: paper[size], autosize: false });
    }
    if (key === "equity") layout.yaxis.type = logarithmic ? "log" : "linear";
    if (layout.yaxis?.type === "log") layout.yaxis.dtick = "D2";
    Plotly.react(place, resolved(charts[key].data, style).map((trace) => roomy(trace, wide)), resolved(layout, style), config);
    // The words beside a chart tell what it shows; its ticks and marks one by one would not. Its tools stay.
    for (const picture of place.querySelectorAll("svg.main-svg")) picture.setAttribute("aria-hidden", "true");
  };
  const drawAll = (width) => {
    root.classList.toggle("paper", Boolean(width));
    for (const place of places) draw(place, width);
  };

  // One chart after the other, so that the page can be read and scrolled meanwhile.
  const drawNext = (at) => {
    if (at >= places.length) return;
    if (!places[at].querySelector("svg")) draw(places[at]);
    setTimeout(drawNext, 0, at + 1);
  };

  if (matchMedia("(max-width: 640px)").matches) {
    for (const long of document.querySelectorAll("details.fold")) long.open = false;
  }
  drawNext(0);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
  // Paper is about 680 CSS pixels wide inside its margins, and never dark.
  addEventListener("beforeprint", () => drawAll(paper.width));
  addEventListener("afterprint", () => drawAll());
  document.getElementById("log-scale")?.addEventListener("click", (event) => {
    logarithmic = !logarithmic;
    event.currentTarget.setAttribute("aria-pressed", String(logarithmic));
    draw(document.getElementById("chart-equity"));
  });
  document.getElementById("asset-choice")?.addEventListener("change", (event) => {
    Object.assign(charts.price, charts.price.choices[event.currentTarget.selectedIndex]);
    document.getElementById("price-words").textContent = charts.price.alt;
    draw(document.getElementById("chart-price"));
  });
})();
