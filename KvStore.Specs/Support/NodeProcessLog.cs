namespace KvStore.Specs.Support;

/// <summary>The last lines that a process wrote, in bounded memory.</summary>
/// <param name="file">Where all of them go too.</param>
internal sealed class NodeProcessLog(NodeProcessLogFile? file = null)
{
    private const int MaxLines = 4_000;
    private const int MaxLineLength = 4_000;
    private readonly Queue<string> _lines = new();
    private long _dropped;

    public void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        file?.Add(line);
        lock (_lines)
        {
            _lines.Enqueue(line.Length > MaxLineLength ? line[..MaxLineLength] + "…" : line);
            if (_lines.Count > MaxLines)
            {
                _lines.Dequeue();
                _dropped++;
            }
        }
    }

    public bool Contains(string text)
    {
        lock (_lines)
        {
            return _lines.Any(line => line.Contains(text, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>At most the last <paramref name="lines"/>, each on a line of its own.</summary>
    public string Tail(int lines = 200)
    {
        lock (_lines)
        {
            var skipped = _dropped + Math.Max(0, _lines.Count - lines);
            return (skipped > 0 ? $"… {skipped} lines before\n" : "") + string.Join('\n', _lines.TakeLast(lines));
        }
    }
}
