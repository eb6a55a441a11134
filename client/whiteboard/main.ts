import { keepPages } from '../offline/keep-pages.ts'
import { boardOf, lastBoard, linkTo, newBoardId, rememberBoard } from './board-link.ts'
import { enterBoard } from './enter-board.ts'
import { showAddress } from './show-address.ts'
import { byId } from './ui/by-id.ts'

/*
 * The whiteboard. README.md in this folder says where things are, and which way a stroke takes.
 *
 * The address says which board. `/` alone leads to the one that this browser had open last, or to a
 * new one; either way the address is that board's link from then on.
 */

const link = boardOf(location.href)
if (link.kind === 'bad') {
  const way = document.createElement('a')
  way.href = linkTo(link.root, newBoardId())
  way.className = 'wanted'
  way.textContent = 'Open a new board'
  const welcome = byId('welcome', HTMLElement)
  welcome.replaceChildren(document.createTextNode(link.reason), way)
  welcome.hidden = false
  document.body.classList.add('nowhere')
} else {
  const id = link.kind === 'board' ? link.id : (lastBoard() ?? newBoardId())
  rememberBoard(id)
  if (link.kind === 'none') showAddress(linkTo(link.root, id) + location.search)
  enterBoard(id, link.root)
  keepPages(link.root)
}
