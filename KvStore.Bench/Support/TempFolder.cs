namespace KvStore.Bench.Support;

/// <summary>A directory of one peer's own, gone when it is disposed.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kvstore-bench-");

    public string Path => _directory.FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            _directory.Delete(recursive: true);
        }
        catch (IOException)
        {
            // What a dying process still wrote is the temporary directory's business.
        }
    }
}
