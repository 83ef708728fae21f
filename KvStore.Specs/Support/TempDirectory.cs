namespace KvStore.Specs.Support;

/// <summary>A directory of its own for one spec, gone when it is disposed.</summary>
internal sealed class TempDirectory : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("kvstore-specs-");

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
            // A process that is just dying may still write into it. What is left is the temporary directory's business.
        }
    }
}
