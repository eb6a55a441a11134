import { qrPicture } from './qr-picture.ts'
import { sheet } from './sheet.ts'

/** How long the button says "Copied", in ms. */
const COPIED_MS = 2_000

/**
 * The link of a board: to copy, to scan, to hand to another app.
 *
 * @param dialog With its title in it.
 * @param withToken Whether who is here came in with a token: the link does not hand it on.
 * @returns Opens it.
 */
export function showShare(dialog: HTMLDialogElement, link: string, withToken: boolean): () => void {
  const sentence = document.createElement('p')
  sentence.textContent = withToken
    ? 'Whoever has this link and a token of their own can come in.'
    : 'Anyone with this link can draw here.'
  const line = document.createElement('input')
  line.type = 'url'
  line.readOnly = true
  line.value = link
  line.ariaLabel = 'Link to this board'
  line.addEventListener('focus', () => line.select())

  const ways = document.createElement('div')
  ways.className = 'ways'
  ways.append(line, copyButton(link, line))
  const others = shareButton(link)
  if (others !== null) ways.append(others)

  dialog.append(sentence, ways, qrPicture(link))
  return sheet(dialog)
}

function copyButton(link: string, line: HTMLInputElement): HTMLButtonElement {
  const copy = textButton('Copy link')
  copy.className = 'wanted'
  copy.autofocus = true
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(link)
      copy.textContent = 'Copied'
      setTimeout(() => {
        copy.textContent = 'Copy link'
      }, COPIED_MS)
    } catch {
      // Outside of https and localhost a page may not write the clipboard: the rest is one key.
      line.focus()
    }
  })
  return copy
}

/** For the list of apps that phones have for this, where there is one. */
function shareButton(link: string): HTMLButtonElement | null {
  if (!('share' in navigator)) return null
  const share = textButton('Send to…')
  share.addEventListener('click', async () => {
    try {
      await navigator.share({ title: document.title, url: link })
    } catch {
      // Thought better of it.
    }
  })
  return share
}

function textButton(text: string): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = text
  return button
}
