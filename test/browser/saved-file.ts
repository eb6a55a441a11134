import { readFile } from 'node:fs/promises'
import type { Artist } from './artist.ts'

export interface SavedFile {
  readonly name: string
  readonly bytes: Buffer
}

/** What a page saves when it is asked to by its menu. */
export async function savedFrom({ page }: Artist, type: 'PNG' | 'SVG'): Promise<SavedFile> {
  await page.locator('#menu-button').click()
  const downloading = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: `Save as ${type}` }).click()
  const download = await downloading
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
}
