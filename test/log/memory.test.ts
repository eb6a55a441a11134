import { logContract } from '../contract/log.contract.ts'
import { openMemory } from '../support/memory-store.ts'

logContract('memory', openMemory)
