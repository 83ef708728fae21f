using System.Collections.Immutable;
using System.Globalization;
using KvStore.Specs.Support;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// The wall clock of one process, by libfaketime: it can be stepped while the process runs, and a restarted process finds it as
/// it was. The clocks that leases count on, CLOCK_MONOTONIC and CLOCK_BOOTTIME, stay the machine's.
/// </summary>
internal sealed class FakeClock
{
    /// <summary>How long a process may go by the offset that it read last.</summary>
    public static readonly TimeSpan NoticedWithin = TimeSpan.FromSeconds(1);

    private readonly Lock _sync = new();
    private readonly string _library;
    private readonly string _file;
    private TimeSpan _offset;

    /// <param name="file">Holds the offset. Its directory must be open to the user that the process runs as.</param>
    public FakeClock(string file)
    {
        _library = FindLibrary() ?? throw new FileNotFoundException("libfaketime is not installed");
        _file = file;
        Add(TimeSpan.Zero);
    }

    /// <summary>What a process is started with so that it goes by this clock.</summary>
    public ImmutableDictionary<string, string> Environment => ImmutableDictionary.CreateRange<string, string>(
    [
        new("LD_PRELOAD", _library),
        new("FAKETIME_TIMESTAMP_FILE", _file),
        new("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        new("FAKETIME_CACHE_DURATION", NoticedWithin.TotalSeconds.ToString(CultureInfo.InvariantCulture)),

        // Its mend for waits on CLOCK_MONOTONIC lets each of them end at once here: a .NET process would never be idle.
        new("FAKETIME_FORCE_MONOTONIC_FIX", "0"),

        // Times of files are none of this clock's business.
        new("NO_FAKE_STAT", "1"),
    ]);

    /// <summary>Such as <c>clock-node-0</c>.</summary>
    public string Name => Path.GetFileName(_file);

    /// <summary>How far ahead of the machine's clock it is; negative: behind.</summary>
    public TimeSpan Offset
    {
        get
        {
            lock (_sync)
            {
                return _offset;
            }
        }
    }

    /// <summary>Skips the spec where libfaketime is not installed.</summary>
    public static void Require()
    {
        if (FindLibrary() is null)
        {
            Requirements.Skip("libfaketime is not installed (/usr/lib/*/faketime/libfaketimeMT.so.1).");
        }
    }

    /// <summary>Steps it by so much, and back when the answer is disposed. Steps add up.</summary>
    public IDisposable Step(TimeSpan by)
    {
        Add(by);
        return new Undo(() => Add(-by));
    }

    private static string? FindLibrary() => Directory.Exists("/usr/lib")
        ? Directory.EnumerateDirectories("/usr/lib")
            .Select(directory => Path.Combine(directory, "faketime", "libfaketimeMT.so.1"))
            .FirstOrDefault(File.Exists)
        : null;

    private void Add(TimeSpan by)
    {
        lock (_sync)
        {
            // Moved into place: nobody may read half a number.
            var next = _file + ".next";
            File.WriteAllText(next, string.Create(CultureInfo.InvariantCulture, $"{(_offset + by).TotalSeconds:+0.000;-0.000;+0.000}\n"));
            File.Move(next, _file, overwrite: true);
            _offset += by;
        }
    }
}
