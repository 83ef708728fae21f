using System.Globalization;

namespace KvStore.Specs.Support;

/// <summary>Every line that the incarnations of a process wrote, in one file, each with the time at which it came. Safe for all threads.</summary>
/// <param name="now">Microseconds since the start of whatever the lines are to be compared with.</param>
internal sealed class NodeProcessLogFile(string path, Func<long> now) : IDisposable
{
    private readonly StreamWriter _writer = new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite));
    private bool _isClosed;

    public string Path => path;

    public void Add(string line)
    {
        lock (_writer)
        {
            // The last lines of a process that was killed may come when nobody wants them any more.
            if (!_isClosed)
            {
                _writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"[{now() / 1e6,12:0.000000}] {line}"));
                _writer.Flush();
            }
        }
    }

    public void Dispose()
    {
        lock (_writer)
        {
            _isClosed = true;
            _writer.Dispose();
        }
    }
}
