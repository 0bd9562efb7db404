"""Log lines carry what happened, never what was said or by whom."""

import logging

_PRIVATE = ("request", "exc_text")


class Scrub(logging.Filter):
    """Drops exception values and request objects, whose text may hold a report."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the traceback by the exception's class and place."""
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            place = ""
            while trace is not None:
                code = trace.tb_frame.f_code
                place, trace = f"{code.co_filename}:{trace.tb_lineno} {code.co_name}", trace.tb_next
            record.msg = f"{record.getMessage()} [{kind.__name__} at {place}]"
            record.args = ()
            record.exc_info = None
        for name in _PRIVATE:
            if hasattr(record, name):
                setattr(record, name, None)
        return True
