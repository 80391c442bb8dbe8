/* contents.h - what a file holds that an output is about to replace. */
#ifndef IO_CONTENTS_H
#define IO_CONTENTS_H

enum io_contents { IO_NOTHING, IO_WEIGHTS, IO_DATA, IO_OTHER };

/* io_contents_of - by its first bytes. Nothing, too, where no plain file is that can be read. */
enum io_contents io_contents_of(const char *path);

#endif
