using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KvStore.Bench.Support;

namespace KvStore.Bench.Load.Paced;

/// <summary>One connection with at most one request under way; reads as much of HTTP/1.1 as the answers about a key need.</summary>
internal sealed class PacedConnection : IDisposable
{
    private const int StatusAt = 9;
    private const int StatusDigits = 3;
    private static readonly byte[] EndOfHead = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] Length = "\r\ncontent-length:"u8.ToArray();

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[16 * 1024];
    private int _filled;

    public PacedConnection(Uri address)
    {
        _socket.Connect(IPAddress.Parse(address.Host), address.Port);
        Descriptor = (int)_socket.Handle;
    }

    public int Descriptor { get; }

    /// <summary>When its request should have been sent.</summary>
    public TimeSpan Due { get; set; }

    public bool IsBusy { get; private set; }

    public void Send(byte[] request)
    {
        IsBusy = true;
        _filled = 0;
        for (var sent = 0; sent < request.Length;)
        {
            sent += _socket.Send(request.AsSpan(sent));
        }
    }

    /// <summary>Takes what has come.</summary>
    /// <returns>The status of the answer, or null where its end has not come yet.</returns>
    /// <exception cref="BenchException">The connection is closed, or the answer is none that this client can read.</exception>
    public int? Receive()
    {
        if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        var count = _socket.Receive(_buffer.AsSpan(_filled));
        if (count == 0)
        {
            throw new BenchException("A server closed a connection of the load.");
        }

        _filled += count;
        var answer = _buffer.AsSpan(0, _filled);
        var end = answer.IndexOf(EndOfHead);
        if (end < 0 || answer.Length < end + EndOfHead.Length + BodyLength(answer[..(end + 2)]))
        {
            return null;
        }

        IsBusy = false;
        return int.Parse(answer.Slice(StatusAt, StatusDigits), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    public void Dispose() => _socket.Dispose();

    private static int BodyLength(ReadOnlySpan<byte> head)
    {
        Span<byte> lower = stackalloc byte[Math.Min(head.Length, 2_048)];
        Ascii.ToLower(head[..lower.Length], lower, out _);
        var at = lower.IndexOf(Length);
        if (at < 0)
        {
            throw new BenchException("An answer has no Content-Length.");
        }

        var value = head[(at + Length.Length)..];
        return int.Parse(value[..value.IndexOf((byte)'\r')].Trim((byte)' '), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
