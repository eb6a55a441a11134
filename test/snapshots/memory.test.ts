import { snapshotsContract } from '../contract/snapshots.contract.ts'
import { openMemory } from '../support/memory-store.ts'

snapshotsContract('memory', openMemory)
