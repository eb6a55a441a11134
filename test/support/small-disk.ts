import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stage } from './stage.ts'

/** A disk of its own, in memory, that really gets full. It takes root, and fails without. */
export class SmallDisk {
  readonly folder: string
  readonly #ballast: string

  /** @param size Bytes. @param ballast Bytes that are taken, and given back by `makeRoom`. */
  constructor(
    stage: Stage,
    { size, ballast }: { readonly size: number; readonly ballast: number },
  ) {
    const at = stage.folder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tributary-test', at])
    // Also under a process that still has a file of it open.
    stage.atEnd(() => void execFileSync('umount', ['--lazy', at]))
    this.folder = join(at, 'data')
    this.#ballast = join(at, 'ballast')
    writeFileSync(this.#ballast, Buffer.alloc(ballast))
  }

  makeRoom(): void {
    rmSync(this.#ballast)
  }
}
