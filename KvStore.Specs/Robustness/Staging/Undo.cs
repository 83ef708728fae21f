namespace KvStore.Specs.Robustness.Staging;

/// <summary>Ends some harm, once, however often it is disposed.</summary>
internal sealed class Undo(Action undo) : IDisposable
{
    private Action? _undo = undo;

    public void Dispose() => Interlocked.Exchange(ref _undo, null)?.Invoke();
}

/// <inheritdoc cref="Undo"/>
internal sealed class UndoLater(Func<Task> undo) : IAsyncDisposable
{
    private Func<Task>? _undo = undo;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _undo, null) is { } now)
        {
            await now();
        }
    }
}
