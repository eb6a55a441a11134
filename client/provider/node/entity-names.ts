import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Beside the file of an entity, which is called by a hash: what it is the hash of. */
const NAME = '.name'

/** Says whose file it is, unless that is said: what nobody can name nobody can forget. */
export async function sayName(path: string, name: string): Promise<void> {
  if ((await read(path + NAME)) !== name) await writeFile(path + NAME, name, { flush: true })
}

/** Of all entities in a folder that begin so. */
export async function namesIn(folder: string, prefix: string): Promise<string[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const said = files.filter((file) => file.endsWith(NAME))
  const names = await Promise.all(said.map((file) => read(join(folder, file))))
  return names.flatMap((name) => (name?.startsWith(prefix) ? [name] : []))
}

/** Removes all files of an entity. Its name is the last, so that half of it can be removed once more. */
export async function removeEntity(path: string): Promise<void> {
  for (const end of ['', '.new', '.damaged', NAME]) await rm(path + end, { force: true })
}

async function read(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
