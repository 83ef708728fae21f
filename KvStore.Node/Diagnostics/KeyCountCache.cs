using KvStore.Http.Gateway;
using KvStore.Node.Storage;

namespace KvStore.Node.Diagnostics;

/// <summary>
/// Key counts for <c>/cluster</c>. Counting scans the store, so it is done at most once at a time, and not again before it
/// has been twenty times as long ago as it took, or ten seconds.
/// </summary>
public sealed class KeyCountCache(IKeyStore store, TimeProvider time) : IKeyCounts
{
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(10);

    private readonly Lock _changes = new();
    private Task<KeyCounts>? _counting;
    private KeyCounts? _last;
    private TimeSpan _keepFor;

    public async ValueTask<KeyCounts> GetAsync(CancellationToken cancelled)
    {
        Task<KeyCounts> counting;
        KeyCounts? last;
        lock (_changes)
        {
            if (_last is not null && time.GetUtcNow() - _last.CountedAt < _keepFor)
            {
                return _last;
            }

            (counting, last) = (_counting ??= CountAsync(), _last);
        }

        try
        {
            return await counting.WaitAsync(cancelled).ConfigureAwait(false);
        }
        catch (Exception fault) when (last is not null && fault is (StoreUnavailableException or OperationCanceledException))
        {
            return last;
        }
    }

    private async Task<KeyCounts> CountAsync()
    {
        // It is begun under the lock, and must not be over before its task is kept.
        await Task.Yield();
        try
        {
            var started = time.GetTimestamp();
            var counts = new KeyCounts(await store.CountKeysAsync(CancellationToken.None).ConfigureAwait(false), time.GetUtcNow());
            var took = time.GetElapsedTime(started);
            lock (_changes)
            {
                _keepFor = took * 20 > LeastAge ? took * 20 : LeastAge;
                _last = counts;
            }

            return counts;
        }
        finally
        {
            lock (_changes)
            {
                _counting = null;
            }
        }
    }
}
