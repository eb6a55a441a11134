import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect } from 'vitest'
import { Links } from '../../client/provider/link/links.ts'
import { nodeEnvironment } from '../../client/provider/node/node-environment.ts'
import { openNodeSocket } from '../../client/provider/node/ws-socket.ts'
import { until } from '../support/deadline.ts'
import { NotingOwner } from '../support/link-owner.ts'
import { stageTest } from '../support/stage.ts'

stageTest(
  '[U5] a half-open link is noticed, and one to the same server takes its place',
  async (stage) => {
    const proxy = await stage.proxy()
    const links = new Links({ environment: nodeEnvironment, openSocket: openNodeSocket })
    const owner = new NotingOwner()
    const channel = links.to(`http://127.0.0.1:${proxy.port}`).open(stage.entity(), owner)
    stage.atEnd(() => channel.leave())
    await owner.isOpen()
    proxy.freeze()
    const frozen = performance.now()
    const lateness = monitorEventLoopDelay({ resolution: 10 })
    lateness.enable()
    await until('it is noticed', stage.deadline, () => owner.state !== 'online')
    const noticed = performance.now() - frozen
    // How long this process stood still, on a machine that has other things to do.
    const stood = lateness.max / 1e6
    lateness.disable()
    console.info(`noticed after ${noticed | 0} ms, of which it stood still ${stood | 0} ms at most`)
    expect(noticed).toBeLessThan(6_000 + 3 * stood)
    await owner.isOpen(2)
  },
)
