import { LocalQueue } from '../../src/queue/local.ts'
import { queueContract } from '../contract/queue.contract.ts'

queueContract('local', async (most) => new LocalQueue(most))
