using KvStore.Node.Storage;

namespace KvStore.Specs.Support;

/// <summary>Holds up the next commit until the spec says how it goes on; later ones go through.</summary>
internal sealed class HeldCommits : IDisposable
{
    private readonly FaultyStore _store;
    private readonly TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CommitResult?> _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HeldCommits(FaultyStore store)
    {
        _store = store;
        store.OnCommit = async (_, commit) =>
        {
            _store.OnCommit = null;
            _arrived.TrySetResult();
            return await _verdict.Task ?? await commit();
        };
    }

    public Task Arrived => _arrived.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public void Release() => _verdict.TrySetResult(null);

    /// <summary>Nothing is written, for certain.</summary>
    public void Fail(Exception cause) => _verdict.TrySetResult(new CommitResult.Failed(cause));

    public void Dispose() => Release();
}
