import { describe, expect, test } from 'vitest'
import { durabilityFaults, parseTrace } from './strace.ts'

const escaped = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')

const WAL = escaped('/data/log.sqlite-wal')
const SOCKET = escaped('socket:[4711]')
const ACK = '66020107'
const ackBytes = '\\x82\\x04\\x66\\x02\\x01\\x07'

const write = (text = 'head mark-1 tail') =>
  `10 pwrite64(17<${WAL}>, "${escaped(text)}", 16, 4096) = 16`
const sync = () => `10 fsync(17<${WAL}>) = 0`
const ack = () => `11 write(21<${SOCKET}>, "${ackBytes}", 6) = 6`

const faults = (...lines: string[]) =>
  durabilityFaults(parseTrace(lines.join('\n')), [{ mark: 'mark-1', message: ACK }])

describe('what a trace proves', () => {
  test('[Y10] written, synced, acknowledged: in this order it is durable', () => {
    expect(faults(write(), sync(), ack())).toEqual([])
  })

  test('[Y10] also when the calls of several threads overlap', () => {
    expect(
      faults(
        `10 pwrite64(17<${WAL}>, "${escaped('mark-1')}", 6, 0 <unfinished ...>`,
        `11 write(21<${SOCKET}>, "${escaped('other')}", 5) = 5`,
        '10 <... pwrite64 resumed>) = 6',
        `10 fsync(17<${WAL}> <unfinished ...>`,
        `12 write(3<${escaped('pipe:[1]')}>, "${escaped('x')}", 1) = 1`,
        '10 <... fsync resumed>) = 0',
        ack(),
      ),
    ).toEqual([])
  })

  test('[Y10] an acknowledgement in a writev or a sendmsg is one', () => {
    const io = `[{iov_base="\\x82\\x04", iov_len=2}, {iov_base="\\x66\\x02\\x01\\x07", iov_len=4}]`
    expect(faults(write(), sync(), `11 writev(21<${SOCKET}>, ${io}, 2) = 6`)).toEqual([])
    expect(faults(write(), `11 writev(21<${SOCKET}>, ${io}, 2) = 6`, sync())).toHaveLength(1)
    const message = `{msg_name=NULL, msg_iov=${io}, msg_iovlen=2}`
    expect(faults(write(), `11 sendmsg(21<${SOCKET}>, ${message}, 0) = 6`, sync())).toHaveLength(1)
  })
})

describe('what a trace disproves', () => {
  test('[Y10] acknowledged before anything was written', () => {
    expect(faults(ack(), write(), sync())).toEqual([
      'mark-1: acknowledged on line 0, synced on line 2',
    ])
  })

  test('[Y10] acknowledged between the write and the fsync', () => {
    expect(faults(write(), ack(), sync())).toHaveLength(1)
  })

  test('[Y10] acknowledged while the fsync still runs', () => {
    expect(
      faults(write(), `10 fsync(17<${WAL}> <unfinished ...>`, ack(), '10 <... fsync resumed>) = 0'),
    ).toHaveLength(1)
  })

  test('[Y10] an fsync that began before the write had returned', () => {
    expect(
      faults(
        `10 pwrite64(17<${WAL}>, "${escaped('mark-1')}", 6, 0 <unfinished ...>`,
        `12 fsync(17<${WAL}>) = 0`,
        '10 <... pwrite64 resumed>) = 6',
        ack(),
      ),
    ).toEqual(['mark-1: was written and never synced'])
  })

  test('[Y10] an fsync of another file, or one that failed', () => {
    expect(faults(write(), `10 fsync(18<${escaped('/data/log.sqlite')}>) = 0`, ack())).toHaveLength(
      1,
    )
    expect(faults(write(), `10 fsync(17<${WAL}>) = -1 EIO (Input/output error)`, ack())).toEqual([
      'mark-1: was written and never synced',
    ])
  })

  test('[Y10] never written, written elsewhere, or never acknowledged', () => {
    expect(faults(sync(), ack())).toEqual(['mark-1: was never written to the log'])
    expect(
      faults(
        `10 write(5<${escaped('/data/journal')}>, "${escaped('mark-1')}", 6) = 6`,
        sync(),
        ack(),
      ),
    ).toEqual(['mark-1: was never written to the log'])
    expect(faults(write(), sync())).toEqual(['mark-1: the trace holds no acknowledgement'])
    expect(faults(write('somebody else'), sync(), ack())).toHaveLength(1)
  })
})
