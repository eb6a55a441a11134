import { LocalBus } from '../../src/bus/local.ts'
import { busContract } from '../contract/bus.contract.ts'

busContract('local', async () => new LocalBus('alone'))
