/**
 * One client after the other comes back to a large entity and lacks one update: with a state vector,
 * or in our own dialect with a position.
 *
 * @param {import('./round.mjs').Stage} stage
 * @param {{ bytes: number, by: 'comeBack' | 'resume' }} shape
 */
export async function measureComeBack({ server, load: start, seconds }, { bytes, by }) {
  const load = await start(1, () => ['LargeEntity', server.door, { bytes }])
  await load.alone('open')
  await load.alone('check')
  await server.settle()
  await load.alone(by, { seconds: 2 })
  const before = server.cpu()
  const since = performance.now()
  const { times, most, ms, load: used } = await load.alone(by, { seconds })
  const after = server.cpu()
  const length = performance.now() - since
  await load.alone('check')
  const warnings = []
  if (most > bytes / 10) warnings.push(`a client was sent ${most} bytes for one keystroke`)
  return {
    figures: { cpu: (after.own - before.own) / times, synced: ms, times, most },
    load: used,
    others: (after.others - before.others) / length,
    warnings,
  }
}
