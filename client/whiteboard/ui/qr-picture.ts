import { encode } from 'uqr'

/** Modules of white around a code, which readers need to find it. */
const BORDER = 3

/** A QR code as a picture: dark on light whatever the theme, as some readers know no other. */
export function qrPicture(text: string): SVGSVGElement {
  const { size, data } = encode(text, { ecc: 'M', border: BORDER })
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'qr')
  svg.setAttribute('viewBox', `0 0 ${size} ${size}`)
  svg.setAttribute('shape-rendering', 'crispEdges')
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', 'QR code of the link')
  const path = document.createElementNS(svg.namespaceURI, 'path')
  path.setAttribute('d', data.map(rowOf).join(''))
  svg.append(path)
  return svg
}

/** The dark runs of one row, as boxes one high. */
function rowOf(row: readonly boolean[], y: number): string {
  let d = ''
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue
    const from = x
    while (row[x + 1]) x++
    d += `M${from} ${y}h${x + 1 - from}v1h${from - x - 1}z`
  }
  return d
}
