import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

const PAGES = new URL('../../dist/pages/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, PAGES), 'utf8')

/** Every address in the attributes of a page. */
const links = (page: string): string[] =>
  [...page.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, link]) => link ?? '')

const files = readdirSync(PAGES, { recursive: true, encoding: 'utf8' })

describe.each(['index.html', 'b/index.html', 'text/index.html'])(
  '[H26] the built page %s',
  (path) => {
    const page = read(path)

    test('names its files by relative addresses that exist', () => {
      const named = links(page)
      expect(named.filter((link) => /assets\/[^/]+\.(js|css|svg)$/.test(link)).length).toBe(3)
      for (const link of named.filter((one) => !one.startsWith('#'))) {
        expect(link).toMatch(/^\.\.?\//)
        const target = new URL(link, new URL(path, PAGES))
        expect(existsSync(target), link).toBe(true)
      }
    })

    test('has nothing inline', () => {
      expect(page).not.toMatch(/<style|style=|<script(?![^>]* src=)|data:|\son\w+=/)
    })
  },
)

describe('[H26] the built files', () => {
  test('hold the page of boards as the front page one folder down', () => {
    expect(read('b/index.html')).not.toBe(read('index.html'))
    expect(read('b/index.html').replaceAll('="../', '="./')).toBe(read('index.html'))
  })

  test('have a hash in their name unless they are a page, or what keeps the pages', () => {
    const asked = /(index\.html|^service-worker\.js)$/
    for (const file of files.filter((name) => /\.\w+$/.test(name) && !asked.test(name))) {
      expect(file).toMatch(/^(text\/)?assets\/[\w-]+-[\w-]{8}\.\w+$/)
    }
  })

  test('hold what keeps the pages as one file, below which all of them lie', () => {
    expect(read('service-worker.js')).not.toMatch(/\b(import|export)\b/)
  })

  test('hold the worker of the bots as a file of its own', () => {
    const worker = files.find((name) => /^assets\/bots-[\w-]{8}\.js$/.test(name))
    expect(worker).toBeDefined()
    const name = worker?.slice('assets/'.length) ?? ''
    const naming = files.filter((file) => file.endsWith('.js') && read(file).includes(name))
    expect(naming.length).toBeGreaterThan(0)
    for (const file of naming)
      expect(read(file)).toMatch(/new URL\([`'"](\.\/)?bots-[^)]*import\.meta\.url\)/)
  })
})
