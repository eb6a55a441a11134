/** Lines on a grid of 24, drawn 1.75 wide with round ends; the stylesheet gives them their colour. */
const LINES = {
  select: 'M5 3.5l14.5 6.4-6.3 2.4-2.6 6.5z',
  hand: 'M8 13V6.4a1.5 1.5 0 0 1 3 0V11V4.6a1.5 1.5 0 0 1 3 0V11V6a1.5 1.5 0 0 1 3 0v6V9.4a1.5 1.5 0 0 1 3 0V14c0 4.2-2.6 7-6.6 7-3 0-4.8-1.3-6.1-3.6l-2.9-4.6a1.5 1.5 0 0 1 2.5-1.6z',
  pen: 'M4 20l1-4.6L16 4.4a2 2 0 0 1 2.8 0l.8.8a2 2 0 0 1 0 2.8L8.6 19zM13.8 6.6l3.6 3.6',
  highlighter:
    'M9 12.4l6.8-7.9a1.8 1.8 0 0 1 2.6-.1l1.5 1.5a1.8 1.8 0 0 1-.1 2.6L12 15.3zM9 12.4l-.6 2.7-2.6 2.4h4.4l1.8-2.2M4 21h16',
  eraser:
    'M8.6 19.5L4 14.9a1.7 1.7 0 0 1 0-2.4L12.1 4.4a1.7 1.7 0 0 1 2.4 0l5 5a1.7 1.7 0 0 1 0 2.4L12 19.5zM8 8.5l7.4 7.4M12 19.5h8',
  rectangle: 'M5.8 5.5h12.4a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H5.8a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2z',
  ellipse: 'M12 5a8.5 7 0 0 1 0 14a8.5 7 0 0 1 0-14z',
  line: 'M5 19L19 5',
  arrow: 'M5 19L19 5M10 5h9v9',
  text: 'M5 7.5V5h14v2.5M12 5v14M9 19h6',
  note: 'M6 4h12a2 2 0 0 1 2 2v8l-6 6H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM20 14h-4a2 2 0 0 0-2 2v4',
  undo: 'M8.5 4.5L4 9l4.5 4.5M4 9h10.5a5 5 0 0 1 0 10H11',
  redo: 'M15.5 4.5L20 9l-4.5 4.5M20 9H9.5a5 5 0 0 0 0 10H13',
  duplicate:
    'M10 8h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM16 4H6a2 2 0 0 0-2 2v10',
  delete:
    'M4 6.5h16M9.5 6.5V5A1.5 1.5 0 0 1 11 3.5h2A1.5 1.5 0 0 1 14.5 5v1.5M6 6.5l.8 12a2 2 0 0 0 2 1.9h6.4a2 2 0 0 0 2-1.9l.8-12M10 11v5M14 11v5',
  toFront: 'M12 20.5V8M7 12.5l5-5 5 5M5 3.5h14',
  toBack: 'M12 3.5V16M7 11.5l5 5 5-5M5 20.5h14',
  minus: 'M6 12h12',
  plus: 'M6 12h12M12 6v12',
  fit: 'M4 9V6a2 2 0 0 1 2-2h3M15 4h3a2 2 0 0 1 2 2v3M20 15v3a2 2 0 0 1-2 2h-3M9 20H6a2 2 0 0 1-2-2v-3',
  board:
    'M6 4h12a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2zM12 8.5v7M8.5 12h7',
  save: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 20h15',
  gauge: 'M5.6 19a9 9 0 1 1 12.8 0M12 13.5l4-5',
  keys: 'M4.5 6.5h15A1.5 1.5 0 0 1 21 8v8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5zM7 10.2h.01M10.3 10.2h.01M13.6 10.2h.01M17 10.2h.01M8.5 14h7',
  close: 'M6 6l12 12M18 6L6 18',
  dot: 'M12 5a7 7 0 0 1 0 14a7 7 0 0 1 0-14z',
  squiggle: 'M4.5 16c2.2-7.5 4.6-9 6-6.5s-.6 6.6 1.6 7.2 4-4 7.4-8.7',
  square:
    'M7 4.5h10A2.5 2.5 0 0 1 19.5 7v10a2.5 2.5 0 0 1-2.5 2.5H7A2.5 2.5 0 0 1 4.5 17V7A2.5 2.5 0 0 1 7 4.5z',
} as const

export type IconName = keyof typeof LINES

/** A new picture of that name. What it means is for the button around it to say. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(svg.namespaceURI, 'path')
  path.setAttribute('d', LINES[name])
  svg.append(path)
  return svg
}
