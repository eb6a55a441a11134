import { logContract } from '../contract/log.contract.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

logContract('sqlite', openSqliteStore)
