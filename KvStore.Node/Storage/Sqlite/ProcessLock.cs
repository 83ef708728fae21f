using Microsoft.Win32.SafeHandles;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// A file next to the database that a process keeps locked for as long as it lives. The operating system frees it at the
/// process's death, however that came, so who can lock another's file knows that this other is gone and not just paused.
/// <para>
/// A file that is missing proves nothing: an orderly end deletes it, and so could anybody. A file is only left where a second
/// opening was seen to be refused, since locks may be switched off or not exist on the file system.
/// </para>
/// </summary>
internal sealed class ProcessLock(string databasePath) : IDisposable
{
    private readonly Dictionary<string, SafeFileHandle> _held = [];
    private readonly Lock _sync = new();

    /// <summary>Takes the lock of a node that runs in this process.</summary>
    /// <returns>False where the file system has no such locks; then nobody will ever take this node for dead.</returns>
    public bool Take(string nodeId)
    {
        lock (_sync)
        {
            if (_held.ContainsKey(nodeId))
            {
                return true;
            }

            var path = PathOf(nodeId);
            var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (!TryLock(path))
            {
                _held.Add(nodeId, handle);
                return true;
            }

            handle.Dispose();
            File.Delete(path);
            return false;
        }
    }

    public bool IsKnownDead(string nodeId) => TryLock(PathOf(nodeId));

    /// <summary>Frees a lock of ours and deletes its file.</summary>
    public void Free(string nodeId)
    {
        lock (_sync)
        {
            if (_held.Remove(nodeId, out var handle))
            {
                // Deleted while it is held: else it could prove the death of a process that lives and is leaving.
                DeleteQuietly(PathOf(nodeId));
                handle.Dispose();
            }
        }
    }

    /// <summary>Deletes the file of a process that is gone.</summary>
    public void Forget(string nodeId)
    {
        if (IsKnownDead(nodeId))
        {
            DeleteQuietly(PathOf(nodeId));
        }
    }

    /// <summary>Frees the locks and leaves the files, as the process's death would.</summary>
    public void Dispose()
    {
        lock (_sync)
        {
            foreach (var handle in _held.Values)
            {
                handle.Dispose();
            }

            _held.Clear();
        }
    }

    private static bool TryLock(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Locked by its owner, or missing, or not ours to open.
            return false;
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is unlocked or about to be, and its node's row is gone: nobody will ask for it again.
        }
    }

    private string PathOf(string nodeId) => $"{databasePath}-node-{Uri.EscapeDataString(nodeId)}";
}
