import { workerData } from 'node:worker_threads'
import { serve } from './serve.ts'
import { Writer } from './writer.ts'

serve(new Writer(workerData.file))
