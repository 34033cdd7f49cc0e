/** The few things needed to build pages by hand. */

type Props = {
  class?: string;
  text?: string;
  testid?: string;
  type?: "button";
  label?: string;
  onClick?: () => void;
};

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (props.class) node.className = props.class;
  if (props.text !== undefined) node.textContent = props.text;
  if (props.testid) node.dataset["testid"] = props.testid;
  if (props.label) node.setAttribute("aria-label", props.label);
  if (props.onClick) node.addEventListener("click", props.onClick);
  if (node instanceof HTMLButtonElement) node.type = "button";
  node.append(...children);
  return node;
}

/** An icon from its own markup, which is bundled and never comes from outside. */
export function icon(markup: string): SVGElement {
  const template = document.createElement("template");
  template.innerHTML = markup.trim();
  const svg = template.content.firstElementChild as SVGElement;
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

/** An element that the template promises, found by its id. */
export function part<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}`);
  return found as T;
}

export function readJson<T>(id: string): T {
  return JSON.parse(part(id).textContent ?? "") as T;
}

/** Sentences of the page's language, with {gaps}. */
export type Translate = (key: string, values?: Record<string, string | number>) => string;

export function translator(strings: Record<string, string>): Translate {
  return (key, values = {}) => {
    const sentence = strings[key];
    if (sentence === undefined) throw new Error(`No sentence for ${key}`);
    return sentence.replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
  };
}
