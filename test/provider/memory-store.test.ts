import { MemoryDeviceStore } from '../../client/provider/keep/memory.ts'
import { deviceStoreContract } from '../contract/device-store.contract.ts'

deviceStoreContract('memory', async () => {
  const device = new MemoryDeviceStore()
  return { open: (name) => device.open(name), kill: (store) => store.close(), end: async () => {} }
})
