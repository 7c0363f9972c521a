// What everybody who cannot see the page, or sees little, relies on. Returns what is wrong, one line each.
() => {
  const wrong = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const told = (element) => `${element.tagName.toLowerCase()} “${element.textContent.trim().slice(0, 40)}”`;

  if (document.documentElement.lang !== "en") wrong.push("no language");
  if (!document.title.endsWith("· Trady2")) wrong.push("no title");
  if (document.querySelectorAll("main").length !== 1 || document.querySelectorAll("h1").length !== 1) wrong.push("not one main with one h1");

  let last = 0;
  for (const heading of all("h1, h2, h3")) {
    const level = Number(heading.tagName[1]);
    if (last && level > last + 1) wrong.push(`${told(heading)} leaves out a level`);
    last = level;
  }
  for (const field of all("input, textarea, select")) {
    if (!field.labels?.length || !field.labels[0].textContent.trim()) wrong.push(`${field.name} has no label`);
  }
  const names = new Map();
  for (const link of all("a[href], button")) {
    const name = link.textContent.replace(/\s+/g, " ").trim();
    if (!name) wrong.push(`${link.outerHTML.slice(0, 80)} has no name`);
    if (link.href && names.has(name) && names.get(name) !== link.href) wrong.push(`two links are called ${name}`);
    names.set(name, link.href);
    const box = link.getBoundingClientRect();
    if (innerWidth < 500 && box.height < 32 && link.matches("button, .button, td a, nav a")) wrong.push(`${told(link)} is ${box.height} high`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  if (new Set(ids).size !== ids.length) wrong.push("an id stands twice");
  for (const section of all("section")) {
    if (!document.getElementById(section.getAttribute("aria-labelledby"))) wrong.push("a section has no name");
  }
  for (const table of all("table")) {
    if (!table.caption || table.querySelectorAll("th:not([scope])").length) wrong.push("a table has no caption, or a header no scope");
  }

  const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = ([red, green, blue]) => {
    const [r, g, b] = [red, green, blue].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let place = element; place; place = place.parentElement) {
      const colour = parts(getComputedStyle(place).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return parts(getComputedStyle(document.body).backgroundColor);
  };
  const compare = (element, style) => {
    const [a, b] = [light(parts(style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) wrong.push(`${told(element)} has a contrast of ${ratio.toFixed(2)}`);
    return ratio;
  };
  let compared = 0;
  for (const element of all("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (own) compared += Boolean(compare(element, getComputedStyle(element)));
    if (element.placeholder) compare(element, getComputedStyle(element, "::placeholder"));
    if (element.dataset.label) compare(element, getComputedStyle(element, "::before"));
  }
  if (compared < 5) wrong.push(`only ${compared} texts were compared`);
  if (document.documentElement.scrollWidth > innerWidth) wrong.push(`${document.documentElement.scrollWidth} px wide on a screen of ${innerWidth}`);
  return [...new Set(wrong)];
}
