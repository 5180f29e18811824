/** Elements, made without ever reading text as HTML. */
import type { ElementSpec } from '../export/svg-elements.ts';

type Child = Node | string | null;

export interface Attributes {
  readonly [name: string]: string | number | boolean | null;
}

/** An HTML element. A boolean attribute is there or not; null leaves one out. Strings become text. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

/** Sets, or takes away for null and false. */
export function setAttribute(target: Element, name: string, value: Attributes[string]): void {
  if (value === null || value === false || value === undefined) target.removeAttribute(name);
  else target.setAttribute(name, value === true ? '' : String(value));
}

const svgNamespace = 'http://www.w3.org/2000/svg';

/** An SVG element. */
export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(made, name, value);
  made.append(...children);
  return made;
}

/** The element that is described. */
export function buildElement(spec: ElementSpec): SVGElement {
  const made = document.createElementNS(svgNamespace, spec.tag);
  for (const [name, value] of Object.entries(spec.attributes)) made.setAttribute(name, String(value));
  if (spec.classes.length > 0) made.setAttribute('class', spec.classes.join(' '));
  if (spec.text !== null) made.textContent = spec.text;
  for (const child of spec.children) made.append(buildElement(child));
  return made;
}
