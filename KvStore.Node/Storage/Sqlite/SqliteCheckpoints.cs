namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// Copies the log into the file beside the batches. Where their rows are far apart in a large file a copy takes as long as forty
/// commits.
/// </summary>
internal sealed class SqliteCheckpoints(SqliteFile file) : IDisposable
{
    public bool Run() => file.Checkpoint();

    public void Dispose() => file.Dispose();
}
