import { svgElement } from './dom.ts';

const paths = {
  back: 'M10,3L5,8L10,13',
  forward: 'M6,3L11,8L6,13',
  plus: 'M8,3V13M3,8H13',
  minus: 'M3,8H13',
  fit: 'M2.5,6V2.5H6M10,2.5H13.5V6M13.5,10V13.5H10M6,13.5H2.5V10',
  tree: 'M2.5,3.5H7M2.5,3.5V12.5H7M2.5,8H7M9,3.5H13.5M9,8H13.5M9,12.5H13.5',
  graph: 'M2,6H5.5V10H2ZM10.5,2H14V6H10.5ZM10.5,10H14V14H10.5ZM5.5,8H8V4H10.5M8,8V12H10.5',
  filter: 'M2,3H14L9.5,8.5V13L6.5,11.5V8.5Z',
  details: 'M2,3H14V13H2ZM10,3V13',
  share: 'M8,10V2.5M5,5L8,2L11,5M3,8.5V13.5H13V8.5',
  search: 'M7,11.5A4.5,4.5 0 1 1 7,2.5A4.5,4.5 0 0 1 7,11.5M10.3,10.3L13.8,13.8',
  expected: 'M2.5,8.5L5.5,11.5L13.5,3.5M2,14H14',
  compare: 'M2,3H7V13H2ZM9,3H14V13H9ZM4,8H5M11,8H12',
  previous: 'M8,13V3M4,7L8,3L12,7',
  next: 'M8,3V13M4,9L8,13L12,9',
  pick: 'M4.5,6.5L8,10L11.5,6.5',
} as const;

export type IconName = keyof typeof paths;

/** A line icon of 16 pixels in the text's colour. */
export function icon(name: IconName): SVGSVGElement {
  return svgElement(
    'svg',
    { class: 'icon', width: 16, height: 16, viewBox: '0 0 16 16', 'aria-hidden': true, focusable: 'false' },
    svgElement('path', { d: paths[name] }),
  );
}
