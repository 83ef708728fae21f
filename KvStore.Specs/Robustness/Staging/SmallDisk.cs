using System.Globalization;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>A file system in memory that can be filled to its last byte. Whoever removes its directory unmounts it.</summary>
internal sealed class SmallDisk
{
    /// <summary>Far more than the data and the log of a run need.</summary>
    private const int Megabytes = 256;
    private const int BlockBytes = 1024 * 1024;
    private const int SectorBytes = 4096;

    private int _ballasts;

    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Whether this process may mount one.</summary>
    public static bool IsPossible => OperatingSystem.IsLinux() && Environment.UserName == "root" && Tool.Find("mount") is not null;

    /// <param name="path">A directory that does not exist yet.</param>
    public static async Task<SmallDisk> MountAsync(string path)
    {
        Directory.CreateDirectory(path);
        await Tool.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={Megabytes}m", "kvstore-specs", path]);
        return new SmallDisk(path);
    }

    /// <summary>From now on no file of it can grow, until the answer is disposed.</summary>
    public IDisposable Fill()
    {
        var ballast = System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"ballast-{Interlocked.Increment(ref _ballasts)}"));
        using (var handle = File.OpenHandle(ballast, FileMode.CreateNew, FileAccess.Write))
        {
            var block = new byte[BlockBytes];
            var length = 0L;
            for (var size = BlockBytes; size >= SectorBytes;)
            {
                try
                {
                    RandomAccess.Write(handle, block.AsSpan(0, size), length);
                    length += size;
                }
                catch (IOException)
                {
                    // Full for a block of this size; what is left takes smaller ones.
                    size /= 2;
                }
            }
        }

        return new Undo(() => File.Delete(ballast));
    }
}
