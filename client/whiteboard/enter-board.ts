import { computed, effect, signal } from '@preact/signals-core'
import { TextBinding } from '../field/text-binding.ts'
import { doorOf } from '../link/door.ts'
import { ownToken } from '../link/own-token.ts'
import { connect } from '../provider/index.ts'
import { type BoardId, entityOf, linkTo, newBoardId } from './board-link.ts'
import { createActions, type PageDoings } from './editor/actions.ts'
import { Editor } from './editor/editor.ts'
import { lookOnly } from './editor/look-only.ts'
import { seeBoard } from './editor/see-board.ts'
import { keepTidy } from './editor/tidy.ts'
import { asideFile } from './files/aside-file.ts'
import { download } from './files/download.ts'
import { savePicture } from './files/save-picture.ts'
import { attachInput } from './input/attach.ts'
import { openBoard } from './model/open-board.ts'
import { showOffScreen } from './people/off-screen.ts'
import { openPeople } from './people/open-people.ts'
import { showFollowing } from './people/show-following.ts'
import { showPeople } from './people/show-people.ts'
import { createMeasure } from './render/canvas-measure.ts'
import { Renderer } from './render/renderer.ts'
import { createIndex } from './scene/create-index.ts'
import { THEMES } from './scene/theme.ts'
import { createPlug } from './showoff/plug.ts'
import { ShowOff } from './showoff/show-off.ts'
import { createTools } from './tools/create-tools.ts'
import { announce } from './ui/announce.ts'
import { byId } from './ui/by-id.ts'
import { showFigures } from './ui/figures.ts'
import { showKeysSheet } from './ui/keys-sheet.ts'
import { showLookPanel } from './ui/look-panel.ts'
import { showMenu } from './ui/menu.ts'
import { showPill } from './ui/pill.ts'
import { showSelectionBar } from './ui/selection-bar.ts'
import { showSetAside } from './ui/set-aside.ts'
import { showShare } from './ui/share.ts'
import { createThemeSwitch } from './ui/theme-switch.ts'
import { showToolbar } from './ui/toolbar.ts'
import { showWelcome } from './ui/welcome.ts'
import { showZoom } from './ui/zoom.ts'

/**
 * Puts the page together for one board. Nothing is taken apart again: another board is another
 * address, and a page that is loaded afresh.
 *
 * @param root Where the pages lie: other boards and the server's door are found from there.
 */
export function enterBoard(id: BoardId, root: string): void {
  const host = byId('board', HTMLElement)
  const plug = createPlug()
  const access = ownToken(location.search)
  const handle = connect(root, entityOf(id), access)
  const { doc, awareness } = handle

  const board = openBoard(doc, { alsoOwn: [TextBinding] })
  const measure = createMeasure()
  const index = createIndex(board, measure)
  const editor = new Editor({ board, live: board.live, index, measure })
  keepTidy(editor)

  const status = signal(handle.status)
  handle.on('status', (now) => {
    status.value = now
  })
  const isLive = computed(() => status.value.link.is === 'online')
  // While the server is away, or lets nobody in, what this browser has kept is all there is.
  const isHere = computed(
    () => isLive.value || (status.value.link.is !== 'connecting' && editor.count.value > 0),
  )

  const themes = createThemeSwitch()
  const people = openPeople({ awareness, editor, isLive })
  const renderer = new Renderer({ host, editor, others: people, theme: themes.theme })
  seeBoard(editor, isHere)
  lookOnly(
    editor,
    computed(() => status.value.may === 'read'),
  )
  effect(() => {
    document.documentElement.dataset.may = status.value.may ?? ''
  })

  const showOff = new ShowOff({
    address: `${doorOf(root)}/${entityOf(id)}`,
    editor,
    others: people,
    plug,
    status,
    onFrame: (tell) => renderer.frames.onFrame(tell),
  })

  const save = (type: 'png' | 'svg') => {
    savePicture(type, editor, THEMES[themes.theme.value], id).catch(() => {
      editor.announcement.value = 'The picture could not be made'
    })
  }
  const openShare = showShare(
    byId('share', HTMLDialogElement),
    linkTo(root, id),
    access.token !== undefined,
  )
  const doings: PageDoings = {
    share: openShare,
    showKeys: () => openKeys(),
    newBoard: () => location.assign(linkTo(root, newBoardId()) + location.search),
    exportPng: () => save('png'),
    exportSvg: () => save('svg'),
    switchTheme: () => themes.turn(),
    showFigures: showFigures(byId('figures', HTMLElement), showOff),
  }
  const actions = createActions(editor, doings)
  const openKeys = showKeysSheet(byId('keys', HTMLDialogElement), actions)

  showMenu(
    { button: byId('menu-button', HTMLButtonElement), menu: byId('menu', HTMLElement) },
    actions,
    themes,
  )
  showToolbar(
    { tools: byId('tools', HTMLElement), history: byId('history', HTMLElement) },
    editor,
    actions,
  )
  showLookPanel(
    {
      panel: byId('look', HTMLElement),
      opener: byId('look-button', HTMLButtonElement),
      board: host,
    },
    editor,
    themes.theme,
  )
  showSelectionBar(byId('selection', HTMLElement), editor, actions)
  showZoom(byId('zoom', HTMLElement), editor, actions)
  showWelcome(byId('welcome', HTMLElement), editor, status)
  showPill(
    {
      pill: byId('pill', HTMLElement),
      saved: byId('saved', HTMLElement),
      note: byId('note', HTMLElement),
    },
    status,
  )
  showSetAside(byId('aside', HTMLElement), status, {
    saveAside: () => {
      void handle.setAside().then((asides) => {
        download(new Blob([asideFile(asides)]), `board-${id}-not-taken.json`)
      })
    },
    forgetAside: () => {
      void handle.setAside().then((asides) => {
        for (const aside of asides) void handle.forgetAside(aside.id)
      })
    },
  })
  announce(byId('announcer', HTMLElement), editor.announcement)
  byId('share-button', HTMLButtonElement).addEventListener('click', openShare)
  byId('board-name', HTMLElement).textContent = id
  document.title = `${id} · Tributary`

  showPeople(byId('people', HTMLElement), people)
  const offScreen = byId('off-screen', HTMLElement)
  showOffScreen(offScreen, people, editor)
  showFollowing(offScreen, people)

  attachInput({ host, editor, tools: createTools(editor), actions, board, theme: themes.theme })
}
