/** One system call of a trace, with the lines on which it began and returned. */
export interface SystemCall {
  readonly name: string
  /** What the first argument is open on: a file's path, `socket:[…]`, `TCP:[…]`. */
  readonly on: string
  /** The bytes written, as hex. */
  readonly data: string
  readonly began: number
  /** Infinity when it never returned. */
  returned: number
  failed: boolean
}

/** An acknowledgement that was seen: the update's marker, and the bytes that told its author. */
export interface Acknowledgement {
  /** What the update holds, as plain ASCII. */
  readonly mark: string
  /** The acknowledging message, as hex. */
  readonly message: string
}

/** The command that records what `durabilityFaults` reads. */
export const straceCommand = (file: string): readonly string[] => [
  ...['strace', '-f', '-y', '-xx', '-s', '65536', '-o', file],
  ...['-e', 'trace=pwrite64,fsync,fdatasync,write,writev,sendto,sendmsg'],
]

const BEGUN = /^(\d+) +(\w+)\((.*)$/
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>(.*)$/
const RETURN = /\) += (-?\d+)[^=]*$/
const TARGET = /^\d+<((?:[^>\\]|\\.)*)>/
const STRING = /"((?:[^"\\]|\\.)*)"/g

/** @param trace What `strace -f -y -xx` wrote. */
export function parseTrace(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = []
  const unfinished = new Map<string, SystemCall>()
  for (const [line, text] of trace.split('\n').entries()) {
    const resumed = RESUMED.exec(text)
    if (resumed !== null) {
      const call = unfinished.get(resumed[1] as string)
      unfinished.delete(resumed[1] as string)
      if (call !== undefined) finish(call, resumed[3] as string, line)
      continue
    }
    const begun = BEGUN.exec(text)
    if (begun === null) continue
    const [, thread, name, rest] = begun as unknown as [string, string, string, string]
    const call: SystemCall = {
      name,
      on: plain(TARGET.exec(rest)?.[1] ?? ''),
      data: [...rest.matchAll(STRING)].map((match) => hexOf(match[1] as string)).join(''),
      began: line,
      returned: Number.POSITIVE_INFINITY,
      failed: false,
    }
    calls.push(call)
    if (rest.includes('<unfinished ...>')) unfinished.set(thread, call)
    else finish(call, rest, line)
  }
  return calls
}

function finish(call: SystemCall, rest: string, line: number): void {
  const result = RETURN.exec(rest)
  if (result === null) return
  call.returned = line
  call.failed = Number(result[1]) < 0
}

/** `-xx` writes every byte as `\xNN`. */
const hexOf = (escaped: string): string => escaped.replaceAll('\\x', '')
const plain = (name: string): string =>
  name.startsWith('\\x') ? Buffer.from(hexOf(name), 'hex').toString('utf8') : name

/**
 * Tier `disk`, read off what the process asked of the kernel: before an acknowledgement begins to be
 * written to a socket, the bytes it speaks for were written to the write-ahead log, and an fsync of
 * that file that began afterwards has returned.
 *
 * @returns what is wrong, in words; empty when every acknowledgement is proven.
 */
export function durabilityFaults(
  calls: readonly SystemCall[],
  acknowledgements: readonly Acknowledgement[],
): string[] {
  return acknowledgements.flatMap(({ mark, message }) => {
    const hex = Buffer.from(mark).toString('hex')
    const told = calls.find((call) => isSocket(call) && call.data.includes(message))
    if (told === undefined) return [`${mark}: the trace holds no acknowledgement`]
    const stored = calls.find((call) => isLogWrite(call) && call.data.includes(hex))
    if (stored === undefined) return [`${mark}: was never written to the log`]
    const synced = calls.find(
      (call) => isSync(call) && call.on === stored.on && call.began > stored.returned,
    )
    if (synced === undefined) return [`${mark}: was written and never synced`]
    if (synced.returned >= told.began) {
      return [`${mark}: acknowledged on line ${told.began}, synced on line ${synced.returned}`]
    }
    return []
  })
}

const isLogWrite = (call: SystemCall): boolean =>
  call.name === 'pwrite64' && call.on.endsWith('-wal') && !call.failed
const isSync = (call: SystemCall): boolean =>
  (call.name === 'fsync' || call.name === 'fdatasync') && !call.failed
const isSocket = (call: SystemCall): boolean => /^(?:socket|TCP|TCPv6):\[/.test(call.on)
