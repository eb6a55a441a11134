import { describe, expect } from 'vitest'
import { until } from '../support/deadline.ts'
import { stageTest } from '../support/stage.ts'
import { withoutChromium } from './chromium.ts'
import { agreed, pair, Visitor } from './visitor.ts'

const arrive = Visitor.arrive

describe.skipIf(withoutChromium)('the field of the page', () => {
  stageTest('[P3] emoji arrive whole and go whole', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.focus()
    await ann.page.keyboard.insertText('a😀b👩‍👩‍👧‍👦')
    await bob.shows('a😀b👩‍👩‍👧‍👦')
    // 😀 and 😁 differ in the second half of the pair only.
    await ann.caret(1, 3)
    await ann.page.keyboard.insertText('😁')
    await bob.shows('a😁b👩‍👩‍👧‍👦')
    await bob.caret(3)
    await bob.page.keyboard.press('Backspace')
    await ann.shows('ab👩‍👩‍👧‍👦')
    // Half a pair can be pasted. It must not make the two differ.
    await ann.caret(0)
    await ann.page.evaluate(`document.execCommand('insertText', false, '\\ud83d')`)
    await bob.shows('\ufffdab👩‍👩‍👧‍👦')
    await ann.shows('\ufffdab👩‍👩‍👧‍👦')
  })

  stageTest('[P4] the caret, the selection and the view stay while others type', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.fill(`start\n${'line\n'.repeat(200)}end`)
    await bob.until('all is there', async () => (await bob.text()).endsWith('end'))
    await ann.caret(5)
    const scroll = () => ann.page.evaluate(`document.getElementById('text').scrollTop`)
    await ann.page.evaluate(`document.getElementById('text').scrollTop = 700`)
    await bob.caret(0)
    await bob.type('>>')
    await ann.until('it arrives', async () => (await ann.text()).startsWith('>>start'))
    expect(await ann.selection()).toEqual([7, 7])
    expect(await scroll()).toBe(700)
    // Right at the caret of the other: each goes on behind the own last letter.
    await bob.caret(7)
    await bob.type('<')
    await ann.until('it arrives', async () => (await ann.text()).startsWith('>>start<'))
    expect(await ann.selection()).toEqual([7, 7])

    await ann.caret(2, 7)
    await bob.caret(2)
    await bob.type('_')
    await bob.caret(8)
    await bob.type('_')
    await ann.until('it arrives', async () => (await ann.text()).startsWith('>>_start_<'))
    expect(await ann.selection()).toEqual([3, 8])
    await ann.type('x')
    await bob.until('only the selection went', async () => (await bob.text()).startsWith('>>_x_<'))
  })

  stageTest('[P4] two who type at one spot both write whole words', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.fill('()')
    await bob.shows('()')
    await ann.caret(1)
    await bob.caret(1)
    await Promise.all([ann.type('one two three four five'), bob.type('ONE TWO THREE FOUR FIVE')])
    const text = await agreed(ann, bob)
    expect(text).toContain('one two three four five')
    expect(text).toContain('ONE TWO THREE FOUR FIVE')
    expect(text).toHaveLength(2 + 2 * 23)
  })

  stageTest('[P4] an input method composes undisturbed', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.fill('begin  end')
    await bob.shows('begin  end')
    await ann.caret(6)
    const ime = await ann.context.newCDPSession(ann.page)
    const compose = (text: string) =>
      ime.send('Input.imeSetComposition', {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      })
    await compose('k')
    // As long as nobody else types, others read along.
    await bob.shows('begin k end')
    await bob.caret(0)
    await bob.type('Bob: ')
    await bob.says('Saved on the server')
    await compose('かん')
    await compose('感')
    expect(await ann.text()).toBe('begin 感 end')
    await ime.send('Input.insertText', { text: '感' })
    for (const visitor of [ann, bob]) await visitor.shows('Bob: begin 感 end')
    expect(await ann.selection()).toEqual([12, 12])
    await ann.type('!')
    await bob.shows('Bob: begin 感! end')
  })

  stageTest(
    '[P5] what a field cannot show is shown by a stand-in and left alone',
    async (stage) => {
      const id = stage.entity()
      const stock = await stage.stock('3.1.0', id).synced()
      const text = stock.doc.getText('text')
      text.insert(0, 'one\r\ntwo\rthree', { bold: true })
      text.insertEmbed(3, { image: 'x' })
      const ann = await arrive(stage, id)
      await ann.shows('one\ufffc\u240d\ntwo\u240dthree')
      await ann.caret(11)
      await ann.type('!')
      await until('the edit arrives', stage.deadline, () => text.toString().includes('!'))
      expect(text.toString()).toBe('one\r\ntwo\rt!hree')
      expect(text.toDelta()).toHaveLength(3)
    },
  )

  stageTest('[P6] undo and redo are for own edits', async (stage) => {
    const [ann, bob] = await pair(stage)
    await ann.field.focus()
    // In one: what is typed with a pause in between is undone apart.
    await ann.page.keyboard.insertText('mine ')
    await bob.shows('mine ')
    await bob.caret(5)
    await bob.type('theirs')
    await ann.shows('mine theirs')
    const { keyboard } = ann.page
    await keyboard.press('Control+Z')
    for (const visitor of [ann, bob]) await visitor.shows('theirs')
    await keyboard.press('Control+Z')
    expect(await ann.text()).toBe('theirs')
    await keyboard.press('Control+Shift+Z')
    for (const visitor of [ann, bob]) await visitor.shows('mine theirs')
    expect(await ann.selection()).toEqual([5, 5])
    await keyboard.press('Control+Z')
    await keyboard.press('Control+Y')
    for (const visitor of [ann, bob]) await visitor.shows('mine theirs')
    // The same from the browser's own menu.
    const menu = (inputType: string) =>
      ann.page.evaluate(`document.getElementById('text').dispatchEvent(
        new InputEvent('beforeinput', { inputType: '${inputType}', cancelable: true }))`)
    expect(await menu('historyUndo')).toBe(false)
    for (const visitor of [ann, bob]) await visitor.shows('theirs')
    expect(await menu('historyRedo')).toBe(false)
    for (const visitor of [ann, bob]) await visitor.shows('mine theirs')
  })
})
