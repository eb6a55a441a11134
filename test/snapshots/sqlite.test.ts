import { snapshotsContract } from '../contract/snapshots.contract.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

snapshotsContract('sqlite', openSqliteStore)
