// What every page must hold, looked for inside the page: no overflow, no clipped text, no small target.
() => {
  const seen = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const short = (element) => {
    const text = (element.innerText || element.getAttribute("aria-label") || element.name || "").trim().slice(0, 40);
    return `<${element.tagName.toLowerCase()} class="${element.className}"> ${text}`;
  };
  const found = [];
  const ids = new Set();
  for (const { id } of document.querySelectorAll("[id]")) {
    if (ids.has(id)) found.push(`id twice: ${id}`); // a field under a name twice is typed once and read twice
    ids.add(id);
  }
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter(
      (element) => seen(element) && element.getBoundingClientRect().right > innerWidth + 1,
    );
    found.push(`overflow: ${root.scrollWidth} > ${innerWidth}: ${wide.slice(0, 3).map(short).join("; ")}`);
  }
  for (const frame of document.querySelectorAll(".table-frame")) {
    if (seen(frame) && frame.scrollWidth > frame.clientWidth + 1) {
      found.push(`wider than its frame: ${frame.scrollWidth} > ${frame.clientWidth}: ${short(frame)}`);
    }
  }
  // Headings of a table are for the ear alone on a phone.
  const unseen = (head) => head !== null && head.getBoundingClientRect().width <= 1;
  const hidden = (element) =>
    element.closest(".visually-hidden, .skip-link, [hidden]") !== null || unseen(element.closest("thead"));
  for (const element of document.body.querySelectorAll("*")) {
    if (!seen(element) || hidden(element)) continue;
    const style = getComputedStyle(element);
    const clips = style.overflowX === "hidden" || style.overflowX === "clip";
    const text = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    if (clips && text && style.textOverflow !== "ellipsis" && element.scrollWidth > element.clientWidth + 1) {
      found.push(`clipped: ${short(element)}`);
    }
  }
  const pen = document.createElement("canvas").getContext("2d");
  for (const field of document.querySelectorAll("input[placeholder]")) {
    if (!seen(field) || hidden(field)) continue;
    const style = getComputedStyle(field);
    pen.font = style.font;
    const room = field.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const wanted = pen.measureText(field.placeholder).width;
    if (wanted > room + 1) found.push(`cut hint: ${Math.round(wanted)} > ${Math.round(room)}: ${field.placeholder}`);
  }
  const targets = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab]";
  for (const element of document.querySelectorAll(targets)) {
    if (!seen(element) || hidden(element)) continue;
    // A box inside its label is pressed through the label.
    const label = element.matches("input") ? (element.labels?.[0] ?? null) : null;
    const boxes = [element, label].filter(Boolean).map((each) => each.getBoundingClientRect());
    const inSentence = element.matches("p a, dd a, li p a");
    const big = boxes.some((box) => box.width >= 43.5 && box.height >= 43.5);
    if (!big && !inSentence) {
      const box = boxes[0];
      found.push(`target ${Math.round(box.width)}×${Math.round(box.height)}: ${short(element)}`);
    }
  }
  return found;
};
