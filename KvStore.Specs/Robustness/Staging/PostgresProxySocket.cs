using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace KvStore.Specs.Robustness.Staging;

/// <summary>
/// One end of a connection. It is read all the time, also while nothing is forwarded, so that its end is noticed and what it
/// sent before is not lost.
/// </summary>
internal sealed class PostgresProxySocket
{
    /// <summary>More than any batch. Beyond it the sender has to wait.</summary>
    private const int MostHeld = 64 << 20;

    private static readonly PipeOptions Options = new(
        pauseWriterThreshold: MostHeld,
        resumeWriterThreshold: MostHeld / 2,
        minimumSegmentSize: 16 << 10,
        useSynchronizationContext: false);

    private readonly Socket _socket;
    private readonly Pipe _pipe = new(Options);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isBroken;

    public PostgresProxySocket(Socket socket)
    {
        _socket = socket;
        _socket.NoDelay = true;
    }

    public PipeReader Received => _pipe.Reader;

    /// <summary>Completes when nothing more will come from there.</summary>
    public Task Gone => _gone.Task;

    /// <summary>Reads until the end.</summary>
    public async Task FillAsync()
    {
        try
        {
            while (true)
            {
                var count = await _socket.ReceiveAsync(_pipe.Writer.GetMemory(), SocketFlags.None).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                _pipe.Writer.Advance(count);
                if ((await _pipe.Writer.FlushAsync().ConfigureAwait(false)).IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A reset, or our own close: an end like any other.
        }

        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        _gone.TrySetResult();
    }

    /// <summary>Sends it all. To an end that is gone it goes nowhere: its own side tells of that.</summary>
    public async Task SendAsync(ReadOnlySequence<byte> bytes)
    {
        try
        {
            foreach (var part in bytes)
            {
                for (var left = part; left.Length > 0 && !_isBroken;)
                {
                    left = left[await _socket.SendAsync(left, SocketFlags.None).ConfigureAwait(false)..];
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _isBroken = true;
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void End()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    /// <param name="reset">With a reset instead of an orderly end.</param>
    public void Close(bool reset)
    {
        try
        {
            if (reset)
            {
                _socket.LingerState = new LingerOption(true, 0);
            }
            else
            {
                _socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }

        _socket.Dispose();
    }
}
